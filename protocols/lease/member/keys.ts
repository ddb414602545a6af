import type { NodeId } from '../../../runtime/address.js';

/** Where the members' own keys live in the store. Names are escaped, so that no election's keys lie under another's prefix. */
export const MEMBERS_PREFIX = 'members/';

export function memberKey(node: NodeId): string {
  return MEMBERS_PREFIX + node;
}

export function memberOfKey(key: string): NodeId {
  return key.slice(MEMBERS_PREFIX.length);
}

export function electionPrefix(election: string): string {
  return `election/${encodeURIComponent(election)}/`;
}

/** One key for each candidacy: who stands again after resigning has a new key, and so a greater token. */
export function candidacyKey(election: string, leaseId: string, serial: number): string {
  return `${electionPrefix(election)}${leaseId}/${serial}`;
}
