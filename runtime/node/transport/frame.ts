import { crc32 } from 'node:zlib';

/**
 * The outermost layer of the wire: a connection begins, in each direction, with the magic; then come frames, each a head of 13 bytes
 * and a body. The head: length (4 bytes, big-endian, of kind and body), kind (1 byte), CRC-32 of the body, CRC-32 of the nine bytes before.
 * The checksum of TCP is 16 bits and is made anew by every box on the way; this one goes from process to process. The head has its own,
 * so that a damaged length is noticed at once and not after as many bytes as it claims.
 */
export const MAGIC = Uint8Array.of(0x4f, 0x52, 0x52, 0x59, 0x0d, 0x0a, 0x1a, 0x0a); // "ORRY", then bytes that text modes damage

export const FRAME = Object.freeze({ hello: 1, welcome: 2, refuse: 3, envelope: 4, ping: 5, pong: 6 });
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

const KINDS: ReadonlySet<number> = new Set(Object.values(FRAME));
const LENGTH_BYTES = 4;
const KIND_BYTES = 1;
const BODY_CHECK_AT = LENGTH_BYTES + KIND_BYTES;
const HEAD_CHECK_AT = BODY_CHECK_AT + 4;
export const HEAD_BYTES = HEAD_CHECK_AT + 4;
const NOTHING = new Uint8Array(0);

export function encodeFrame(kind: FrameKind, body: Uint8Array = NOTHING): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + body.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, KIND_BYTES + body.length);
  frame[LENGTH_BYTES] = kind;
  view.setUint32(BODY_CHECK_AT, crc32(body));
  view.setUint32(HEAD_CHECK_AT, crc32(frame.subarray(0, HEAD_CHECK_AT)));
  frame.set(body, HEAD_BYTES);
  return frame;
}

/** Why the bytes of a peer cannot be read. `code` is stable; `reason` is for people. */
export interface FrameFault {
  readonly code: 'wrong-protocol' | 'frame-too-large' | 'malformed-frame' | 'damaged-frame';
  readonly reason: string;
}

/**
 * Cuts a byte stream into frames. Memory held is at most one frame of `maxFrameBytes`. After the first fault it reads
 * nothing more.
 */
export class FrameReader {
  #faulty = false;
  #magicSeen = 0;
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headFilled = 0;
  #body: Uint8Array = NOTHING;
  #bodyFilled = 0;

  /** `maxFrameBytes` may be raised once the peer is known. */
  constructor(
    public maxFrameBytes: number,
    private readonly frame: (kind: FrameKind, body: Uint8Array) => void,
  ) {}

  /** Stops reading for good: frames that follow in the same chunk are not delivered. */
  stop(): void {
    this.#faulty = true;
  }

  push(chunk: Uint8Array): FrameFault | undefined {
    let at = 0;
    while (at < chunk.length && !this.#faulty) {
      if (this.#magicSeen < MAGIC.length) {
        if (chunk[at++] !== MAGIC[this.#magicSeen++])
          return this.#fail('wrong-protocol', 'it does not speak this protocol');
        continue;
      }
      at = this.#headFilled < this.#head.length ? this.#fillHead(chunk, at) : this.#fillBody(chunk, at);
      if (this.#headFilled < this.#head.length) continue;
      const fault = this.#completeIfWhole();
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #fillHead(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#head.length - this.#headFilled, chunk.length - at);
    this.#head.set(chunk.subarray(at, at + taken), this.#headFilled);
    this.#headFilled += taken;
    this.#bodyFilled = -1;
    return at + taken;
  }

  #fillBody(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#body.length - this.#bodyFilled, chunk.length - at);
    this.#body.set(chunk.subarray(at, at + taken), this.#bodyFilled);
    this.#bodyFilled += taken;
    return at + taken;
  }

  #completeIfWhole(): FrameFault | undefined {
    if (this.#bodyFilled < 0) {
      const fault = this.#beginBody();
      if (fault !== undefined) return fault;
    }
    if (this.#bodyFilled < this.#body.length) return undefined;
    const body = this.#body;
    if (crc32(body) !== this.#headWord(BODY_CHECK_AT)) {
      return this.#fail('damaged-frame', 'the checksum of a frame is wrong: it was damaged on its way');
    }
    this.#headFilled = 0;
    this.#body = NOTHING;
    this.frame(this.#head[LENGTH_BYTES] as FrameKind, body);
    return undefined;
  }

  #beginBody(): FrameFault | undefined {
    if (crc32(this.#head.subarray(0, HEAD_CHECK_AT)) !== this.#headWord(HEAD_CHECK_AT)) {
      const reason =
        'the checksum of the head of a frame is wrong: it was damaged on its way, or the peer is another release';
      return this.#fail('damaged-frame', reason);
    }
    const length = this.#headWord(0);
    const kind = this.#head[LENGTH_BYTES] as number;
    if (length > this.maxFrameBytes) {
      return this.#fail('frame-too-large', `a frame of ${length} bytes is over the limit of ${this.maxFrameBytes}`);
    }
    if (length < KIND_BYTES) return this.#fail('malformed-frame', 'a frame has no kind');
    if (!KINDS.has(kind)) return this.#fail('malformed-frame', `unknown kind of frame ${kind}`);
    this.#body = new Uint8Array(length - KIND_BYTES);
    this.#bodyFilled = 0;
    return undefined;
  }

  #headWord(at: number): number {
    return new DataView(this.#head.buffer).getUint32(at);
  }

  #fail(code: FrameFault['code'], reason: string): FrameFault {
    this.#faulty = true;
    return { code, reason };
  }
}
