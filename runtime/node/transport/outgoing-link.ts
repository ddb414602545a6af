import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { NodeId } from '../../address.js';
import type { Envelope } from '../../envelope.js';
import type { Random } from '../../ports.js';
import type { PlainCodec } from './codec.js';
import { Connection } from './connection.js';
import type { Counters, DropReason, TransportEvent } from './events.js';
import { encodeFrame, FRAME, HEAD_BYTES, type FrameKind } from './frame.js';
import {
  decodeIntroduction,
  decodeRefusal,
  introductionOf,
  judgeIntroduction,
  refusal,
  type Identity,
} from './handshake.js';
import type { TransportLimits } from './limits.js';
import type { TlsOptions } from './security.js';
import { SendQueue } from './send-queue.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What all connections of a transport share. */
export interface TransportSetting {
  readonly identity: Identity;
  readonly limits: TransportLimits;
  readonly tls: TlsOptions | undefined;
  readonly codec: PlainCodec;
  readonly counters: Counters;
  readonly random: Random;
  event(event: TransportEvent): void;
}

/** Written to the socket ahead of what it has taken; more waits in the queue, where it is bounded. */
const HIGH_WATER_BYTES = 256 * 1024;

/**
 * The way to one peer: dials it, again and again where need be, and sends what waits, in order, each message at most once.
 * What was handed to a socket that then broke is not sent again.
 */
export class OutgoingLink {
  readonly #queue: SendQueue;
  #connection: Connection | undefined;
  #dialling: Socket | undefined;
  #isOpen = false;
  #isClosed = false;
  #redial: NodeJS.Timeout | undefined;
  #backoffMs: number;
  #flushScheduled = false;
  #dropping: DropReason | undefined;
  #lastComplaint = '';

  constructor(
    private readonly setting: TransportSetting,
    readonly peer: NodeId,
    private readonly endpoint: Endpoint,
  ) {
    const { limits } = setting;
    this.#queue = new SendQueue(limits.maxQueuedMessages, limits.maxQueuedBytes);
    this.#backoffMs = limits.minBackoffMs;
  }

  get isConnected(): boolean {
    return this.#isOpen;
  }

  send(envelope: Envelope): void {
    if (this.#isClosed) return;
    const frame = encodeFrame(FRAME.envelope, this.setting.codec.encodeEnvelope(envelope));
    if (frame.length - HEAD_BYTES >= this.setting.limits.maxFrameBytes)
      return this.#drop('too-large', envelope.message.type);
    if (!this.#queue.push(frame, performance.now())) return this.#drop('queue-full', envelope.message.type);
    if (this.#dropping !== 'too-large') this.#dropping = undefined;
    this.#scheduleFlush();
  }

  dial(): void {
    if (this.#isClosed) return;
    const socket = this.#openSocket();
    this.#dialling = socket;
    const failed = (error: Error): void => {
      this.#dialling = undefined;
      this.#complain({ type: 'peer-unreachable', peer: this.peer, reason: error.message });
      this.#redialLater();
    };
    const timeout = setTimeout(
      () => socket.destroy(new Error(`no connection within ${this.setting.limits.handshakeMs} ms`)),
      this.setting.limits.handshakeMs,
    );
    socket.once('error', failed);
    socket.once('close', () => clearTimeout(timeout));
    socket.once(this.setting.tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timeout);
      socket.off('error', failed);
      this.#dialling = undefined;
      this.#greet(socket);
    });
  }

  /** Sends what waits, as far as the peer takes it within `graceMs`, then closes for good. */
  close(graceMs: number): void {
    if (this.#isOpen) this.#flush();
    this.#isClosed = true;
    clearTimeout(this.#redial);
    this.#dialling?.destroy();
    this.#connection?.end(graceMs);
  }

  #openSocket(): Socket {
    const { host, port } = this.endpoint;
    const { tls } = this.setting;
    if (tls === undefined) return connectTcp({ host, port });
    // Who the peer is follows from its certificate and the handshake together, not from the host name.
    return connectTls({ host, port, ...tls, minVersion: 'TLSv1.3', checkServerIdentity: () => undefined });
  }

  #greet(socket: Socket): void {
    const connection = new Connection(socket, this.setting.codec, this.setting.limits, {
      frame: (kind, body) => this.#frame(connection, kind, body),
      faulty: (fault) =>
        this.#complain({ type: 'refused-by-peer', peer: this.peer, code: fault.code, reason: fault.reason }),
      closed: (reason) => this.#lost(connection, reason),
    });
    this.#connection = connection;
    socket.on('drain', () => this.#flush());
    if (!connection.proves(this.peer)) {
      return connection.fail(
        refusal('unproven-identity', `the certificate of ${connection.remote} does not name ${this.peer}`),
      );
    }
    connection.introduce(FRAME.hello, introductionOf(this.setting.identity, this.peer));
  }

  #frame(connection: Connection, kind: FrameKind, body: Uint8Array): void {
    if (kind === FRAME.refuse) return this.#refused(connection, body);
    if (this.#isOpen && kind === FRAME.pong) return;
    if (this.#isOpen || kind !== FRAME.welcome) {
      return connection.fail(refusal('malformed-frame', `a frame of kind ${kind} that nobody waits for`));
    }
    const said = decodeIntroduction(this.setting.codec, body);
    if (!said.ok) return connection.fail(refusal('wrong-version', said.reason));
    const refused = judgeIntroduction(this.setting.identity, said.value, this.peer);
    if (refused !== undefined) return connection.fail(refused);
    this.#open(connection, said.value.incarnation);
  }

  #open(connection: Connection, peerIncarnation: number): void {
    this.#isOpen = true;
    this.#backoffMs = this.setting.limits.minBackoffMs;
    this.#lastComplaint = '';
    connection.establish(true);
    this.setting.event({ type: 'peer-connected', peer: this.peer, peerIncarnation, remote: connection.remote });
    const tooOld = this.#queue.dropOlderThan(performance.now() - this.setting.limits.maxQueuedMs);
    this.setting.counters.dropped['too-old'] += tooOld;
    this.#flush();
  }

  #refused(connection: Connection, body: Uint8Array): void {
    const said = decodeRefusal(this.setting.codec, body);
    const { code, reason } = said.ok ? said.value : { code: 'malformed-frame', reason: said.reason };
    this.#complain({ type: 'refused-by-peer', peer: this.peer, code, reason });
    connection.destroy(`${code}: ${reason}`);
  }

  #lost(connection: Connection, reason: string): void {
    if (this.#connection !== connection) return;
    const wasOpen = this.#isOpen;
    this.#connection = undefined;
    this.#isOpen = false;
    if (wasOpen) this.setting.event({ type: 'peer-disconnected', peer: this.peer, reason });
    this.#redialLater();
  }

  #redialLater(): void {
    if (this.#isClosed) return;
    const { maxBackoffMs } = this.setting.limits;
    const half = Math.ceil(this.#backoffMs / 2);
    const waitMs = this.setting.random.between(half, this.#backoffMs);
    this.#backoffMs = Math.min(maxBackoffMs, this.#backoffMs * 2);
    clearTimeout(this.#redial);
    this.#redial = setTimeout(() => this.dial(), waitMs);
  }

  /** One write for all that a burst of turns sent. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || !this.#isOpen) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const connection = this.#connection;
    if (connection === undefined || !this.#isOpen) return;
    const { counters } = this.setting;
    connection.socket.cork();
    while (connection.socket.writableLength < HIGH_WATER_BYTES) {
      const frame = this.#queue.shift();
      if (frame === undefined) break;
      connection.writeFrame(frame);
      counters.sent++;
      counters.sentBytes += frame.length;
    }
    connection.socket.uncork();
  }

  #drop(reason: DropReason, message: string): void {
    this.setting.counters.dropped[reason]++;
    if (this.#dropping === reason) return;
    this.#dropping = reason;
    this.setting.event({ type: 'message-dropped', peer: this.peer, reason, message });
  }

  #complain(event: Extract<TransportEvent, { type: 'peer-unreachable' | 'refused-by-peer' }>): void {
    const complaint = `${event.type} ${event.reason}`;
    if (this.#isClosed || complaint === this.#lastComplaint) return;
    this.#lastComplaint = complaint;
    this.setting.event(event);
  }
}
