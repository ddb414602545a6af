import { isNodeId, localEdgeOf, nodeOf, type AnyAddress, type NodeId } from '../address.js';
import type { Message, Plain } from '../data.js';
import { SCHEMA_VERSION, type Envelope } from '../envelope.js';

export type ClientMessage = Message & { readonly [field: string]: Plain };

/** The edge of this process that speaks with actors: a control socket, an HTTP server. */
export interface LocalClient {
  readonly address: AnyAddress;
  /**
   * Sends a question to an actor of this node; answers its number. What comes back goes to `answered`. `lamport` is the clock of
   * whoever asked from elsewhere, so that what follows is known to come after.
   */
  ask(actorPath: string, message: ClientMessage, lamport?: number): number;
  close(): void;
}

/** `questionId` is 0 for a message that answers no question. */
export type Answered = (questionId: number, message: Message) => void;

/**
 * Clients in the process of a node, seen by its actors as another node named `NODE.local`. Their answers pass the same gates as
 * what goes over the wire.
 */
export class LocalClients {
  readonly #node: NodeId;
  readonly #clients = new Map<AnyAddress, Answered>();
  #sequence = 0;
  #clientsMade = 0;
  #questions = 0;

  constructor(
    private readonly host: NodeId,
    private readonly receive: (envelope: Envelope) => void,
  ) {
    this.#node = localEdgeOf(host);
  }

  connect(answered: Answered): LocalClient {
    const address = `${this.#node}/client-${++this.#clientsMade}`;
    this.#clients.set(address, answered);
    return {
      address,
      ask: (actorPath, message, lamport = 0) => {
        const questionId = ++this.#questions;
        this.receive(this.#envelope(address, `${this.host}/${actorPath}`, message, questionId, lamport));
        return questionId;
      },
      close: () => void this.#clients.delete(address),
    };
  }

  /** Whether the envelope is for a client here; it will then be handed over. */
  take(envelope: Envelope): boolean {
    if (nodeOf(envelope.to) !== this.#node) return false;
    // Never inside the call that asked, which has not yet told its caller the number of the question.
    setImmediate(() => this.#clients.get(envelope.to)?.(Math.max(0, -envelope.correlation), envelope.message));
    return true;
  }

  #envelope(from: AnyAddress, to: AnyAddress, message: Message, correlation: number, lamport: number): Envelope {
    return {
      from,
      to,
      incarnation: 1,
      toIncarnation: 0,
      sequence: ++this.#sequence,
      causeStep: 0,
      lamport,
      traceparent: '',
      schemaVersion: SCHEMA_VERSION,
      correlation,
      stamp: 0,
      message,
    };
  }
}

/** `NODE.local` must be a name too. */
export function isHostableNodeId(node: NodeId): boolean {
  return isNodeId(`${node}.local`);
}
