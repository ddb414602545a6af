import type { Socket } from 'node:net';
import { nodeOf, type NodeId } from '../../address.js';
import type { Envelope } from '../../envelope.js';
import { Connection } from './connection.js';
import { FRAME, type FrameKind } from './frame.js';
import {
  decodeIntroduction,
  decodeRefusal,
  introductionOf,
  judgeIntroduction,
  refusal,
  type Introduction,
  type Refusal,
} from './handshake.js';
import type { TransportSetting } from './outgoing-link.js';

/** What an acceptor decides for its connections. */
export interface AcceptorRules {
  /** Admits a peer whose introduction is sound, or says why not; an earlier connection of the same peer ends. */
  admit(connection: IncomingConnection, said: Introduction): Refusal | undefined;
  received(envelope: Envelope): void;
  closed(connection: IncomingConnection): void;
}

/** A connection that a peer opened to send us its messages. Nothing on it is believed before it has been checked. */
export class IncomingConnection {
  peer: NodeId | undefined;
  #peerIncarnation = 0;
  readonly #connection: Connection;

  constructor(
    private readonly setting: TransportSetting,
    socket: Socket,
    private readonly rules: AcceptorRules,
  ) {
    this.#connection = new Connection(socket, setting.codec, setting.limits, {
      frame: (kind, body) => this.#frame(kind, body),
      faulty: (fault) => this.#tellRefused(fault),
      closed: (reason) => this.#closed(reason),
    });
  }

  get remote(): string {
    return this.#connection.remote;
  }

  refuse(why: Refusal): void {
    this.#connection.fail(why);
  }

  end(graceMs: number): void {
    this.#connection.end(graceMs);
  }

  #frame(kind: FrameKind, body: Uint8Array): void {
    if (kind === FRAME.refuse) return this.#refusedByPeer(body);
    if (this.peer === undefined) {
      if (kind === FRAME.hello) return this.#hello(body);
    } else {
      if (kind === FRAME.envelope) return this.#envelope(this.peer, body);
      if (kind === FRAME.ping) return this.#connection.write(FRAME.pong);
    }
    this.refuse(refusal('malformed-frame', `a frame of kind ${kind} that nobody waits for`));
  }

  #hello(body: Uint8Array): void {
    const said = decodeIntroduction(this.setting.codec, body);
    if (!said.ok) return this.refuse(refusal('wrong-version', said.reason));
    const { node, incarnation } = said.value;
    const refused =
      judgeIntroduction(this.setting.identity, said.value, undefined) ??
      (this.#connection.proves(node)
        ? undefined
        : refusal('unproven-identity', `the certificate of ${this.remote} does not name ${node}`)) ??
      this.rules.admit(this, said.value);
    if (refused !== undefined) return this.refuse(refused);
    this.peer = node;
    this.#peerIncarnation = incarnation;
    this.#connection.establish(false);
    this.#connection.introduce(FRAME.welcome, introductionOf(this.setting.identity, node));
    this.setting.event({ type: 'connection-accepted', peer: node, peerIncarnation: incarnation, remote: this.remote });
  }

  #envelope(peer: NodeId, body: Uint8Array): void {
    const decoded = this.setting.codec.decodeEnvelope(body);
    if (!decoded.ok) return this.refuse(refusal('malformed-frame', decoded.reason));
    const envelope = decoded.value;
    if (nodeOf(envelope.from) !== peer || envelope.incarnation !== this.#peerIncarnation) {
      const claimed = `${envelope.from} (incarnation ${envelope.incarnation})`;
      return this.refuse(
        refusal('spoofed-sender', `${peer} (incarnation ${this.#peerIncarnation}) sent as ${claimed}`),
      );
    }
    if (nodeOf(envelope.to) !== this.setting.identity.node) {
      return this.refuse(
        refusal('malformed-frame', `a message to ${envelope.to} came to ${this.setting.identity.node}`),
      );
    }
    this.setting.counters.received++;
    this.setting.counters.receivedBytes += body.length;
    this.rules.received(envelope);
  }

  #refusedByPeer(body: Uint8Array): void {
    const said = decodeRefusal(this.setting.codec, body);
    this.#connection.destroy(said.ok ? `${said.value.code}: ${said.value.reason}` : 'refused');
  }

  #tellRefused(fault: Refusal): void {
    this.setting.counters.refusedConnections++;
    const { remote, peer = '' } = this;
    this.setting.event({ type: 'connection-refused', peer, remote, code: fault.code, reason: fault.reason });
  }

  #closed(reason: string): void {
    if (this.peer !== undefined) {
      this.setting.event({ type: 'connection-lost', peer: this.peer, remote: this.remote, reason });
    }
    this.rules.closed(this);
  }
}
