import { isNodeId, type NodeId } from '../../address.js';
import type { Plain } from '../../data.js';
import { t, type Infer, type Type } from '../../schema.js';
import type { Decoded, PlainCodec } from './codec.js';

/** Version of the frames and of the handshake. Peers must speak the same. */
export const PROTOCOL_VERSION = 2;
/** Limit of a frame while the peer is not yet known. */
export const MAX_HANDSHAKE_FRAME_BYTES = 4096;

const LONGEST_TEXT = 256;
const shortText: Type<string> = {
  describes: `a string of at most ${LONGEST_TEXT} characters`,
  check: (value, path) =>
    typeof value === 'string' && value.length <= LONGEST_TEXT
      ? undefined
      : `${path}: expected a string of at most ${LONGEST_TEXT} characters`,
};

/** First frame in each direction: who speaks (`hello` from the dialler, `welcome` from the acceptor). */
const introductionType = t.object({
  protocolVersion: t.int,
  schemaVersion: t.int,
  cluster: shortText,
  node: shortText,
  incarnation: t.int,
  /** Whom the speaker believes to have met. */
  to: shortText,
});
export type Introduction = Infer<typeof introductionType>;

const refusalType = t.object({ code: shortText, reason: t.string });
/** Last frame before a connection is closed on purpose. `code` is stable, `reason` is for people. */
export type Refusal = Infer<typeof refusalType>;

export type RefusalCode =
  | 'wrong-protocol'
  | 'wrong-version'
  | 'wrong-cluster'
  | 'wrong-node'
  | 'unknown-peer'
  | 'unproven-identity'
  | 'stale-incarnation'
  | 'too-many-connections'
  | 'handshake-timeout'
  | 'frame-too-large'
  | 'malformed-frame'
  | 'damaged-frame'
  | 'spoofed-sender'
  | 'silent'
  | 'stopping';

/** What this node says of itself and expects of others. */
export interface Identity {
  readonly cluster: string;
  readonly node: NodeId;
  readonly incarnation: () => number;
  readonly schemaVersion: number;
  /** The oldest and newest schema that a peer may speak. */
  readonly acceptsSchema: { readonly from: number; readonly to: number };
}

export function introductionOf(own: Identity, to: NodeId): Introduction {
  return {
    protocolVersion: PROTOCOL_VERSION,
    schemaVersion: own.schemaVersion,
    cluster: own.cluster,
    node: own.node,
    incarnation: own.incarnation(),
    to,
  };
}

/** `node` is whom we dialled, or undefined where anybody among the peers may come. */
export function judgeIntroduction(own: Identity, said: Introduction, node: NodeId | undefined): Refusal | undefined {
  if (said.protocolVersion !== PROTOCOL_VERSION) {
    return refusal(
      'wrong-version',
      `protocol version ${said.protocolVersion}, ${own.node} speaks ${PROTOCOL_VERSION}; run the same release`,
    );
  }
  if (said.cluster !== own.cluster) {
    return refusal(
      'wrong-cluster',
      `cluster ${quote(said.cluster)}, ${own.node} belongs to ${quote(own.cluster)}; check "cluster"`,
    );
  }
  if (said.to !== own.node) {
    return refusal(
      'wrong-node',
      `looked for node ${quote(said.to)} and met ${own.node}; check the addresses under "peers"`,
    );
  }
  if (!isNodeId(said.node) || said.node === own.node || (node !== undefined && said.node !== node)) {
    return refusal('wrong-node', `node ${quote(said.node)} cannot be the peer; check the addresses under "peers"`);
  }
  const { from, to } = own.acceptsSchema;
  if (said.schemaVersion < from || said.schemaVersion > to) {
    return refusal(
      'wrong-version',
      `message schema ${said.schemaVersion}, ${own.node} accepts ${from}..${to}; run a release that shares one`,
    );
  }
  return said.incarnation > 0 ? undefined : refusal('wrong-version', 'an incarnation is at least 1');
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

export function refusal(code: RefusalCode, reason: string): Refusal {
  return { code, reason };
}

export function decodeIntroduction(codec: PlainCodec, body: Uint8Array): Decoded<Introduction> {
  return decodeAs(codec, body, introductionType);
}

export function decodeRefusal(codec: PlainCodec, body: Uint8Array): Decoded<Refusal> {
  return decodeAs(codec, body, refusalType);
}

function decodeAs<T>(codec: PlainCodec, body: Uint8Array, type: Type<T>): Decoded<T> {
  const decoded = codec.decode(body);
  if (!decoded.ok) return decoded;
  // A peer of another protocol version may say more than we know: its version is judged first.
  const version = (decoded.value as { protocolVersion?: Plain } | null)?.protocolVersion;
  if (typeof version === 'number' && version !== PROTOCOL_VERSION) {
    return {
      ok: false,
      reason: `it speaks protocol version ${version}, this node ${PROTOCOL_VERSION}; run the same release`,
    };
  }
  const fault = type.check(decoded.value, '$');
  return fault === undefined ? { ok: true, value: decoded.value as unknown as T } : { ok: false, reason: fault };
}
