import type { Plain } from '../../../runtime/data.js';
import { stateFromPlain, stateToPlain } from '../../../runtime/state-image.js';
import { RecordCodec } from '../../../runtime/storage/record-codec.js';
import type { AnyStateMachine } from '../machine.js';
import { Digest } from '../log/digest.js';
import { imageOfSessions, sessionsOfImage, type SessionsImage } from '../sessions/session-image.js';
import type { Replica } from '../state.js';
import type { Snapshot, SnapshotHead } from './types.js';

export function makeSnapshot(
  machine: AnyStateMachine,
  replica: Replica,
  head: Omit<SnapshotHead, 'size' | 'session'>,
): Snapshot {
  const requests: (readonly [string, number, Plain])[] = [];
  for (const [requestId, { index, result }] of replica.requests) requests.push([requestId, index, result]);
  const plain: Plain = {
    machine: (machine.toImage ?? stateToPlain)(replica.machine),
    requests,
    sessions: imageOfSessions(replica.sessions) as unknown as Plain,
    stateHash: replica.stateHash,
  };
  // A copy of its own: the codec's bytes are a part of a larger buffer.
  const image = new RecordCodec().encodePlain(plain).slice();
  return { head: { ...head, size: image.length, session: `${head.index}-${head.term}-${digestOf(image)}` }, image };
}

/** The replica in a snapshot, or undefined where the bytes are none. */
export function replicaOf(machine: AnyStateMachine, { image }: Snapshot): Replica | undefined {
  const decoded = new RecordCodec().decodePlain(image) as unknown as
    | {
        readonly machine: Plain;
        readonly requests: readonly (readonly [string, number, Plain])[];
        readonly sessions: SessionsImage;
        readonly stateHash: number;
      }
    | undefined;
  if (decoded === undefined) return undefined;
  return {
    machine: (machine.ofImage ?? stateFromPlain)(decoded.machine),
    requests: new Map(decoded.requests.map(([requestId, index, result]) => [requestId, { index, result }])),
    sessions: sessionsOfImage(decoded.sessions),
    stateHash: decoded.stateHash,
  };
}

function digestOf(bytes: Uint8Array): number {
  const digest = new Digest();
  digest.plain(bytes);
  return digest.value();
}

/** Whether the bytes are those that the session names. */
export function isIntact({ head, image }: Snapshot): boolean {
  return image.length === head.size && head.session === `${head.index}-${head.term}-${digestOf(image)}`;
}
