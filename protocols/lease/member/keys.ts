import type { NodeId } from '../../../runtime/address.js';

/** Where the members' own keys live in their namespace of the store. Names are escaped, so that no election's keys lie under another's prefix. */
export function membersPrefix(namespace: string): string {
  return `${namespace}members/`;
}

export function memberKey(namespace: string, node: NodeId): string {
  return membersPrefix(namespace) + node;
}

export function memberOfKey(namespace: string, key: string): NodeId {
  return key.slice(membersPrefix(namespace).length);
}

export function electionPrefix(namespace: string, election: string): string {
  return `${namespace}election/${encodeURIComponent(election)}/`;
}

/** One key for each candidacy: who stands again after resigning has a new key, and so a greater token. */
export function candidacyKey(namespace: string, election: string, leaseId: string, serial: number): string {
  return `${electionPrefix(namespace, election)}${leaseId}/${serial}`;
}
