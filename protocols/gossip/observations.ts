import type { Context } from '../../runtime/context.js';
import type { Rumour } from './membership/messages.js';

/**
 * What gossip lets others see.
 *
 * Membership: `member-started { incarnation }`; `member-alive | member-suspect | member-dead { member, incarnation, accuser }` when a view
 * changes; `refuted { incarnation, accused, status, accuser }` by the accused; `suspicion-timed { member, incarnation, confirmations, timeoutMs,
 * remainingMs }`; `probe-failed { member, incarnation }`; `probe-relayed { member }` when only a ping-req reached it; `member-refused`.
 *
 * Registers: `register-written { key, counter, writer, deleted, revision }`; `register-merged { key, counter, writer, deleted, replacedCounter,
 * replacedWriter, revision }`; `conflict-resolved { key, counter, kept, dropped }` where two members wrote the same version; `write-refused`;
 * `register-refused`.
 *
 * Coordination: `lease-granted | lease-expired | lease-revoked { leaseId, owner }`; `elected | deposed { election, token, candidate }`.
 */
export function observeMember(
  context: Pick<Context, 'observe'>,
  { member, incarnation, status, accuser }: Rumour,
): void {
  context.observe({ type: `member-${status}`, member, incarnation, accuser });
}
