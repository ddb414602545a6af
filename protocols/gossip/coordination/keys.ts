import { isNodeId, type NodeId } from '../../../runtime/address.js';
import { CANDIDACIES } from '../registers/register.js';
import { LEASES } from '../registers/tombstones.js';
import { t, type Infer } from '../../../runtime/schema.js';

/** The coordinator's own registers: where leases, candidacies and elections are kept, and what their values are. */
export { CANDIDACIES };
export const ELECTIONS = '!election/';

export function keyOfLease(leaseId: string): string {
  return LEASES + leaseId;
}

export function leaseIdOfKey(key: string): string | undefined {
  return key.startsWith(LEASES) ? key.slice(LEASES.length) : undefined;
}

export function keyOfElection(election: string): string {
  return ELECTIONS + election;
}

export function keyOfCandidacy(election: string, node: NodeId): string {
  return `${CANDIDACIES}${election}/${node}`;
}

/** The election and the node of a candidacy's key. The name of an election may hold slashes; that of a node cannot. */
export function candidacyOfKey(key: string): { readonly election: string; readonly node: NodeId } | undefined {
  const slash = key.lastIndexOf('/');
  if (!key.startsWith(CANDIDACIES) || slash < CANDIDACIES.length) return undefined;
  const node = key.slice(slash + 1);
  return isNodeId(node) ? { election: key.slice(CANDIDACIES.length, slash), node } : undefined;
}

const leaseType = t.object({ owner: t.string, ttlMs: t.int });
const candidacyType = t.object({ candidate: t.string, incarnation: t.int });
const officeType = t.object({ token: t.int, node: t.string, incarnation: t.int, candidate: t.string });
export type LeaseValue = Infer<typeof leaseType>;
export type Candidacy = Infer<typeof candidacyType>;
/** Who won an election last: its node, the life of that node, and the fencing token. Of an office that was given back the node is ''. */
export type Office = Infer<typeof officeType>;

/** A register's value as what it should be, or undefined where another replica put something else there. */
export function readLease(value: unknown): LeaseValue | undefined {
  return leaseType.check(value, 'lease') === undefined ? (value as LeaseValue) : undefined;
}

export function readCandidacy(value: unknown): Candidacy | undefined {
  return candidacyType.check(value, 'candidacy') === undefined ? (value as Candidacy) : undefined;
}

export function readOffice(value: unknown): Office | undefined {
  return officeType.check(value, 'office') === undefined ? (value as Office) : undefined;
}
