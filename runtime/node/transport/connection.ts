import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { NodeId } from '../../address.js';
import type { PlainCodec } from './codec.js';
import { encodeFrame, FRAME, FrameReader, MAGIC, type FrameKind } from './frame.js';
import { MAX_HANDSHAKE_FRAME_BYTES, type Introduction, type Refusal } from './handshake.js';
import type { TransportLimits } from './limits.js';
import { provenNames } from './security.js';

/** How long a refused peer has to read why, before the socket is destroyed. */
const REFUSAL_LINGER_MS = 1000;

export interface ConnectionEvents {
  frame(kind: FrameKind, body: Uint8Array): void;
  /** The bytes are unreadable, or the peer is silent; `refuse` is called right after. */
  faulty(fault: Refusal): void;
  closed(reason: string): void;
}

/** One socket that speaks frames: magic, limits, keep-alive, refusal. Both ends of a connection are built on it. */
export class Connection {
  readonly remote: string;
  readonly #reader: FrameReader;
  readonly #handshakeTimer: NodeJS.Timeout;
  #keepAlive: NodeJS.Timeout | undefined;
  #silentKeepAlives = 0;
  #magicSent = false;
  #reason = '';
  #isOver = false;
  receivedBytes = 0;

  constructor(
    readonly socket: Socket,
    private readonly codec: PlainCodec,
    private readonly limits: TransportLimits,
    private readonly events: ConnectionEvents,
  ) {
    this.remote = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
    this.#reader = new FrameReader(MAX_HANDSHAKE_FRAME_BYTES, (kind, body) => events.frame(kind, body));
    this.#handshakeTimer = setTimeout(
      () => this.fail({ code: 'handshake-timeout', reason: `no introduction within ${limits.handshakeMs} ms` }),
      limits.handshakeMs,
    );
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => (this.#reason ||= error.message));
    socket.on('close', () => this.#over(this.#reason || 'closed by the other end'));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  introduce(kind: typeof FRAME.hello | typeof FRAME.welcome, introduction: Introduction): void {
    this.write(kind, this.codec.encode(introduction));
  }

  /** The peer is who it should be: long frames are welcome, and it must be heard of from now on. */
  establish(sendsPings: boolean): void {
    clearTimeout(this.#handshakeTimer);
    this.#reader.maxFrameBytes = this.limits.maxFrameBytes;
    this.#keepAlive = setInterval(() => {
      // Counted in ticks, not in time: after a pause of this very process one tick has passed, not many.
      if (++this.#silentKeepAlives > this.limits.maxSilentKeepAlives) {
        const silentMs = this.limits.keepAliveMs * this.limits.maxSilentKeepAlives;
        return this.fail({ code: 'silent', reason: `nothing heard for ${silentMs} ms` });
      }
      if (sendsPings) this.write(FRAME.ping);
    }, this.limits.keepAliveMs);
  }

  /** Whether the certificate of the other end proves that it is `node`; without TLS there is none to ask. */
  proves(node: NodeId): boolean {
    return !(this.socket instanceof TLSSocket) || provenNames(this.socket).includes(node);
  }

  write(kind: FrameKind, body?: Uint8Array): void {
    this.writeFrame(encodeFrame(kind, body));
  }

  writeFrame(frame: Uint8Array): void {
    if (this.#isOver || !this.socket.writable) return;
    if (!this.#magicSent) {
      this.#magicSent = true;
      this.socket.write(MAGIC);
    }
    this.socket.write(frame);
    // Who asks again and again, and does not read the answers, is let go.
    const { maxQueuedBytes, maxFrameBytes } = this.limits;
    if (this.socket.writableLength > maxQueuedBytes + maxFrameBytes) this.destroy('it does not read what it is sent');
  }

  fail(fault: Refusal): void {
    if (this.#isOver) return;
    this.events.faulty(fault);
    this.refuse(fault);
  }

  /** Says why, then closes. What still comes in is read and thrown away, so that the reason is not lost in a reset. */
  refuse(why: Refusal): void {
    if (this.#isOver) return;
    this.write(FRAME.refuse, this.codec.encode({ code: why.code, reason: why.reason }));
    this.#reason = `${why.code}: ${why.reason}`;
    this.end(REFUSAL_LINGER_MS);
  }

  /** Lets what was written go out, then closes; after `lingerMs` without the other end's consent. */
  end(lingerMs: number): void {
    this.#reader.stop();
    this.#reason ||= 'closed by this node';
    this.socket.end();
    const destroy = setTimeout(() => this.socket.destroy(), lingerMs);
    this.socket.once('close', () => clearTimeout(destroy));
    this.#over(this.#reason);
  }

  destroy(reason: string): void {
    this.#reason ||= reason;
    this.socket.destroy();
    this.#over(this.#reason);
  }

  #read(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    this.#silentKeepAlives = 0;
    const fault = this.#reader.push(chunk);
    if (fault !== undefined) this.fail(fault);
  }

  #over(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.stop();
    clearTimeout(this.#handshakeTimer);
    clearInterval(this.#keepAlive);
    this.events.closed(reason);
  }
}
