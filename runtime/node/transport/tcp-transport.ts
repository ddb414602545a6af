import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { nodeOf, type NodeId } from '../../address.js';
import type { Envelope } from '../../envelope.js';
import type { Network, Random } from '../../ports.js';
import { NodeSetupError } from '../setup-error.js';
import { PlainCodec } from './codec.js';
import { Counters, type TransportCounters, type TransportEvent } from './events.js';
import { refusal, type Identity, type Introduction, type Refusal } from './handshake.js';
import { IncomingConnection, type AcceptorRules } from './incoming-connection.js';
import { DEFAULT_LIMITS, type TransportLimits } from './limits.js';
import { OutgoingLink, type Endpoint, type TransportSetting } from './outgoing-link.js';
import { findInsecurity, type TlsOptions } from './security.js';

export interface TcpTransportOptions {
  readonly identity: Identity;
  readonly listen: Endpoint;
  /** Where the other nodes of the cluster are. Nobody else is let in. */
  readonly peers: Readonly<Record<NodeId, Endpoint>>;
  readonly tls?: TlsOptions;
  /** Plain TCP beyond this machine. */
  readonly allowPlaintext?: boolean;
  readonly limits?: Partial<TransportLimits>;
  readonly random: Random;
  /** A message that has been checked: it is plain data, its sender is who it says, and it is for this node. */
  received(envelope: Envelope): void;
  event?(event: TransportEvent): void;
}

/** How many unknown peers are told apart before their messages are dropped without a word. */
const UNKNOWN_PEERS_NAMED = 64;

/**
 * The network of a node over TCP. Each node dials each of its peers and sends on that connection; what it receives comes on the
 * connections that its peers opened. Messages of one connection keep their order; each arrives at most once.
 */
export class TcpTransport implements Network, AcceptorRules {
  readonly #links = new Map<NodeId, OutgoingLink>();
  readonly #connections = new Set<IncomingConnection>();
  readonly #admitted = new Map<NodeId, { readonly connection: IncomingConnection; readonly incarnation: number }>();
  readonly #newestIncarnation = new Map<NodeId, number>();
  readonly #unknownPeers = new Set<NodeId>();
  readonly #counters = new Counters();
  readonly #setting: TransportSetting;
  #server: Server | undefined;
  #isClosed = false;

  /** Throws where the addresses would be served without protection. */
  constructor(private readonly options: TcpTransportOptions) {
    const { listen, peers, tls } = options;
    const hosts = [listen.host, ...Object.values(peers).map((peer) => peer.host)];
    const insecurity = findInsecurity(hosts, tls, options.allowPlaintext ?? false);
    if (insecurity !== undefined) throw new NodeSetupError(insecurity);
    this.#setting = {
      identity: options.identity,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      tls,
      codec: new PlainCodec(),
      counters: this.#counters,
      random: options.random,
      event: (event) => options.event?.(event),
    };
    for (const [peer, endpoint] of Object.entries(peers)) {
      if (peer !== options.identity.node) this.#links.set(peer, new OutgoingLink(this.#setting, peer, endpoint));
    }
  }

  get counters(): TransportCounters {
    return this.#counters;
  }

  /** The port that is listened on: the one asked for, or the one given where 0 was asked for. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? 0;
  }

  isConnectedTo(peer: NodeId): boolean {
    return this.#links.get(peer)?.isConnected ?? false;
  }

  /** Listens, then dials the peers. Rejects where the address cannot be listened on. */
  async open(): Promise<void> {
    const { listen, tls } = this.options;
    const accept = (socket: Socket): void => this.#accept(socket);
    const server =
      tls === undefined
        ? createTcpServer(accept)
        : createTlsServer(
            {
              ...tls,
              requestCert: true,
              rejectUnauthorized: true,
              minVersion: 'TLSv1.3',
              handshakeTimeout: this.#setting.limits.handshakeMs,
            },
            accept,
          );
    server.on('tlsClientError', (error: Error, socket: Socket) => this.#tlsFailed(error, socket));
    server.maxConnections = this.#setting.limits.maxIncomingConnections;
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const remedy = error.code === 'EADDRINUSE' ? '; stop what listens there, or give this node another port' : '';
        reject(new NodeSetupError(`cannot listen on ${listen.host}:${listen.port}: ${error.message}${remedy}`));
      });
      server.listen({ host: listen.host, port: listen.port }, resolve);
    });
    for (const link of this.#links.values()) link.dial();
  }

  send(envelope: Envelope): void {
    const peer = nodeOf(envelope.to);
    const link = this.#links.get(peer);
    if (link !== undefined) return link.send(envelope);
    this.#counters.dropped['unknown-peer']++;
    if (this.#unknownPeers.has(peer) || this.#unknownPeers.size >= UNKNOWN_PEERS_NAMED) return;
    this.#unknownPeers.add(peer);
    this.#setting.event({ type: 'message-dropped', peer, reason: 'unknown-peer', message: envelope.message.type });
  }

  /** Closes all; what was sent still goes out to those who take it within `graceMs`. */
  async close(graceMs = 500): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const link of this.#links.values()) link.close(graceMs);
    for (const connection of this.#connections) connection.end(graceMs);
    const server = this.#server;
    if (server?.listening === true) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  admit(connection: IncomingConnection, said: Introduction): Refusal | undefined {
    const { node, incarnation } = said;
    if (!this.#links.has(node)) {
      return refusal(
        'unknown-peer',
        `${node} is not among the peers of ${this.options.identity.node}; add it under "peers"`,
      );
    }
    const newest = this.#newestIncarnation.get(node) ?? 0;
    if (incarnation < newest) {
      return refusal('stale-incarnation', `incarnation ${incarnation} of ${node} is over; ${newest} has been seen`);
    }
    const earlier = this.#admitted.get(node);
    this.#newestIncarnation.set(node, incarnation);
    this.#admitted.set(node, { connection, incarnation });
    earlier?.connection.end(0);
    return undefined;
  }

  received(envelope: Envelope): void {
    if (!this.#isClosed) this.options.received(envelope);
  }

  closed(connection: IncomingConnection): void {
    this.#connections.delete(connection);
    const { peer } = connection;
    if (peer !== undefined && this.#admitted.get(peer)?.connection === connection) this.#admitted.delete(peer);
  }

  #accept(socket: Socket): void {
    if (this.#isClosed) return void socket.destroy();
    this.#connections.add(new IncomingConnection(this.#setting, socket, this));
  }

  #tlsFailed(error: Error, socket: Socket): void {
    this.#counters.refusedConnections++;
    const remote = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
    this.#setting.event({
      type: 'connection-refused',
      peer: '',
      remote,
      code: 'unproven-identity',
      reason: `no TLS connection: ${error.message}`,
    });
    socket.destroy();
  }
}
