import { copyPlain } from '../../runtime/data.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { NodeClock } from '../clock/node-clock.js';
import { KEPT } from '../network/links.js';
import { lostRecord } from '../trace/lost-record.js';
import type { NodeWorld } from './node-world.js';

/** The way out of a node: each message is given to its link, which decides what becomes of it. */
export class Outgoing {
  /** By type id, then by receiver: how many messages this node has sent. */
  private readonly sentCounts: Uint32Array[] = [];

  constructor(
    private readonly world: NodeWorld,
    private readonly index: number,
    private readonly clock: NodeClock,
    private readonly nextOrder: () => number,
  ) {}

  send(envelope: Envelope): void {
    const { world, index, clock } = this;
    const { names, links, chains } = world;
    const to = names.indexOfAddress(envelope.to);
    const type = names.typeOf(envelope.message.type);
    chains.word(index, Math.imul(to + 2, 0x01000193) ^ type.hash);
    if (to < 0) return;
    const occurrence = this.countSent(type.id, to);
    world.watches?.message('sent', index, to, type.hash, clock.nowUs);
    world.onSend?.({
      from: names.nodes[index]!,
      to: names.nodes[to]!,
      type: envelope.message.type,
      occurrence: occurrence + 1,
      sentAtUs: clock.nowUs,
    });
    links.decide(index, to, type.hash, occurrence, clock, envelope);
    const { latencyUs, copyCount } = links;
    chains.word(index, latencyUs);
    if (latencyUs >= 0) world.deliver(to, clock.nowUs + latencyUs, this.nextOrder(), clock.nowUs, this.owned(envelope));
    else if (latencyUs === KEPT) links.keep(this.nextOrder(), clock.nowUs, this.owned(envelope));
    else this.tellLost(envelope, links.lostBy);
    if (copyCount > 0) this.sendCopies(to, envelope);
  }

  private sendCopies(to: number, envelope: Envelope): void {
    const { world, index, clock } = this;
    const { links, chains } = world;
    const isKept = links.latencyUs === KEPT;
    for (let copy = 0; copy < links.copyCount; copy++) {
      const latencyUs = links.copyLatencyUs(copy);
      chains.word(index, latencyUs);
      const own = withOwnMessage(envelope);
      if (isKept) links.keep(this.nextOrder(), clock.nowUs, own, copy);
      else world.deliver(to, clock.nowUs + latencyUs, this.nextOrder(), clock.nowUs, own);
    }
  }

  /** The sender's side of a frozen message stays frozen; the receiver owns what it gets, as it does without freezing. */
  private owned(envelope: Envelope): Envelope {
    return this.world.freezeMessages ? withOwnMessage(envelope) : envelope;
  }

  private tellLost(envelope: Envelope, by: string): void {
    const { world, index, clock } = this;
    if (world.trace === undefined) return;
    const at = { node: world.names.nodes[index]!, step: envelope.causeStep, atUs: clock.nowUs };
    world.trace.add(clock.nowUs, index, lostRecord(at, envelope, clock.nowUs, by));
  }

  private countSent(typeId: number, to: number): number {
    const counts = (this.sentCounts[typeId] ??= new Uint32Array(this.world.names.nodes.length));
    return counts[to]!++;
  }
}

function withOwnMessage(envelope: Envelope): Envelope {
  return { ...envelope, message: copyPlain(envelope.message) };
}
