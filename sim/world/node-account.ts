import type { NodeId } from '../../runtime/address.js';
import type { Message, Plain } from '../../runtime/data.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { NodeClock } from '../clock/node-clock.js';
import type { NodeWorld } from './node-world.js';

/** What a node does, as the fingerprint, the trace and whoever compares two runs are told of it. */
export class NodeAccount {
  constructor(
    private readonly world: NodeWorld,
    private readonly index: number,
    private readonly id: NodeId,
    private readonly clock: NodeClock,
  ) {}

  event(kind: number, order: number, number: number, step: number): void {
    const { chains } = this.world;
    const { index } = this;
    chains.integer(index, this.clock.nowUs);
    chains.integer(index, order);
    chains.word(index, Math.imul(number | 0, 8) + kind);
    chains.word(index, step);
  }

  bytes(kind: 'append' | 'read', file: string, bytes: Uint8Array, step: number): void {
    const { chains, names, effects } = this.world;
    chains.word(this.index, names.typeOf(file).hash ^ (kind === 'append' ? 0x61707064 : 0x72656164));
    chains.bytes(this.index, bytes);
    effects?.({ kind: 'disk', ...this.at(step), subject: `${kind} ${file}`, value: bytes });
  }

  /** @param step the one that will handle it. */
  delivery(envelope: Envelope, step: number, sentAtUs: number): void {
    const { world, index } = this;
    world.chains.word(index, envelope.sequence);
    if (world.deepFingerprint) world.chains.plain(index, envelope.message as Message & Plain);
    if (world.trace === undefined) return;
    const { from, to, message, causeStep } = envelope;
    const at = this.at(step);
    world.trace.add(at.atUs, index, { kind: 'delivery', ...at, from, to, type: message.type, causeStep, sentAtUs });
  }

  turn(step: number, actorPath: string, what: string): void {
    const { world } = this;
    const at = this.at(step);
    const subject = `${actorPath}: ${what}`;
    world.trace?.add(at.atUs, this.index, { kind: 'step', ...at, what: subject });
    world.beforeTurn?.(this.id, step);
    world.effects?.({ kind: 'turn', ...at, subject, value: null });
  }

  /** The record as it is from here on: with virtual time, where the node could only tell the time of its own life. */
  observation(made: ObservedRecord): ObservedRecord {
    // Made for this call alone.
    (made as { atUs: number }).atUs = this.clock.nowUs;
    const { world, index } = this;
    const record = world.tamper?.observation?.(made) ?? made;
    world.chains.word(index, world.names.typeOf(record.observation.type).hash);
    world.chains.word(index, record.step);
    world.chains.plain(index, record.observation);
    return record;
  }

  private at(step: number): { readonly node: NodeId; readonly step: number; readonly atUs: number } {
    return { node: this.id, step, atUs: this.clock.nowUs };
  }
}
