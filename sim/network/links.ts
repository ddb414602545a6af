import { assert } from '../../runtime/assert.js';
import type { Envelope } from '../../runtime/envelope.js';
import { drawFate, foldWord } from '../fate.js';
import { ActiveRule, type KeptMessage } from './active-rule.js';
import type { ArrivalStrategy } from './latency.js';
import type { LinkRule } from './link-rule.js';
import { Passage } from './passage.js';
import { strike } from './strike.js';

/** After `decide`: the message is lost. */
export const LOST = -1;
/** After `decide`: the message is kept back until a fault ends; hand it to `keep`. */
export const KEPT = -2;

/** A message that was kept and may go now; or is lost, where another fault has its link by now. */
export interface ReleasedMessage extends KeptMessage {
  readonly lostBy: string;
}

const ORDER = 0x6f726472;
/** In place of a fault's name, where the strategy of arrivals has a message lost. */
const UNLISTED = 'arrivals';

/**
 * The links out of the nodes of one group, and what faults do to them. A send costs the rules that concern its sender,
 * usually none. What `decide` found is left in fields, so that nothing is allocated for a message.
 */
export class Links {
  /** After `decide`: microseconds until the message arrives, `LOST` or `KEPT`. */
  latencyUs = 0;
  /** After `decide`: how many copies come besides the message itself. */
  copyCount = 0;

  private readonly rulesOf: ActiveRule[][];
  private readonly passage = new Passage();
  private released: ReleasedMessage[] = [];

  constructor(
    private readonly seedHash: number,
    private readonly nodeHashes: Int32Array,
    private readonly arrivals: ArrivalStrategy,
    private readonly leastUs: number,
  ) {
    this.rulesOf = Array.from(nodeHashes, () => []);
  }

  /** After `decide` of a message that is lost: the name of the fault. */
  get lostBy(): string {
    return this.passage.lostBy;
  }

  add(rule: LinkRule, nowUs: number): void {
    const to = new Uint8Array(this.nodeHashes.length);
    for (const index of rule.to) to[index] = 1;
    for (const from of rule.from) this.rulesOf[from]!.push(new ActiveRule(rule, this.seedHash, nowUs, to));
  }

  remove(name: string, senders: readonly number[]): void {
    for (const from of senders) {
      const rules = this.rulesOf[from]!;
      this.rulesOf[from] = rules.filter((rule) => rule.name !== name);
      for (const rule of rules) if (rule.name === name) this.release(rule, rule.kept);
    }
  }

  /** Frees all links within a set of nodes from faults; every other link stays as it is. */
  healWithin(core: readonly number[]): void {
    this.arrivals.healWithin?.(new Set(core.map((index) => this.nodeHashes[index]!)));
    const healed = new Map<Uint8Array, Uint8Array>();
    const without = (to: Uint8Array): Uint8Array => {
      const known = healed.get(to);
      if (known !== undefined) return known;
      const rest = to.slice();
      for (const index of core) rest[index] = 0;
      healed.set(to, rest);
      return rest;
    };
    for (const from of core) {
      const rules = this.rulesOf[from]!;
      for (const rule of rules) rule.to = without(rule.to);
      this.rulesOf[from] = rules.filter((rule) => rule.to.includes(1));
      for (const rule of rules) {
        const freed = rule.kept.filter(({ to }) => rule.to[to] !== 1);
        rule.kept = rule.kept.filter(({ to }) => rule.to[to] === 1);
        this.release(rule, freed);
      }
    }
  }

  /** A process that starts has opened all of its connections anew. */
  restarted(node: number): void {
    const rules = this.rulesOf[node]!;
    if (rules.length === 0) return;
    this.rulesOf[node] = rules.filter(({ effect }) => effect.kind !== 'half-open' && effect.kind !== 'reconnect');
    for (const { broken } of rules) broken.clear();
  }

  /**
   * Decides when a message arrives, whether it does at all, and how often. `clock` tells when it is sent; it and the envelope are
   * looked at only where a fault has the link.
   */
  decide(
    from: number,
    to: number,
    typeHash: number,
    occurrence: number,
    clock: { readonly nowUs: number },
    envelope: Envelope | undefined,
  ): void {
    const { nodeHashes } = this;
    const base = this.arrivals.latencyUs(nodeHashes[from]!, nodeHashes[to]!, typeHash, occurrence);
    assert(base >= this.leastUs || base < 0, 'a link was faster than the least latency that the scenario declares');
    this.latencyUs = base;
    this.copyCount = 0;
    if (base < 0) {
      this.latencyUs = LOST;
      this.passage.lostBy = UNLISTED;
      return;
    }
    if (this.rulesOf[from]!.length === 0) return;
    const { passage } = this;
    this.enter(from, to, typeHash, occurrence);
    passage.begin(clock.nowUs, base, envelope);
    this.strikeAll(this.rulesOf[from]!);
    // What was made of it before it came to where it is lost is lost with it: a cut link lets no copy through.
    this.copyCount = passage.lostBy === '' ? passage.copyCount : 0;
    if (passage.lostBy !== '') this.latencyUs = LOST;
    else this.latencyUs = passage.keptBy === undefined ? passage.latencyUs : KEPT;
  }

  /** After `decide`: microseconds until a copy arrives, or that it takes once it is no longer kept. */
  copyLatencyUs(index: number): number {
    assert(index < this.copyCount, 'the message has no such copy');
    return this.passage.latencyUs + this.passage.copyExtraUs[index]!;
  }

  /** After `decide` answered `KEPT`: keeps the message, or its copy, until the fault ends. */
  keep(order: number, sentAtUs: number, envelope: Envelope, copy = -1): void {
    const { passage } = this;
    const { keptBy, from, to, link, typeHash, occurrence } = passage;
    assert(keptBy !== undefined, 'no fault keeps this message');
    const fate = drawFate(keptBy.key ^ ORDER, link, typeHash, occurrence);
    const latencyUs = copy < 0 ? passage.latencyUs : this.copyLatencyUs(copy);
    keptBy.kept.push({ from, to, order, sentAtUs, latencyUs, fate, typeHash, envelope });
  }

  /** What was freed since the last call. */
  takeReleased(): readonly ReleasedMessage[] {
    const { released } = this;
    if (released.length > 0) this.released = [];
    return released;
  }

  /** Takes away what is kept on the links given, or was until this grid line; answers it. */
  takeKept(from: readonly number[], to: readonly number[]): readonly KeptMessage[] {
    const [senders, receivers] = [new Set(from), new Set(to)];
    const isTaken = (message: ReleasedMessage): boolean =>
      message.lostBy === '' && senders.has(message.from) && receivers.has(message.to);
    const freed = this.released.filter(isTaken);
    if (freed.length > 0) this.released = this.released.filter((message) => !isTaken(message));
    const kept = from.flatMap((sender) =>
      this.rulesOf[sender]!.flatMap((rule) => {
        const taken = rule.kept.filter((message) => receivers.has(message.to));
        if (taken.length > 0) rule.kept = rule.kept.filter((message) => !receivers.has(message.to));
        return taken;
      }),
    );
    return [...freed, ...kept];
  }

  private enter(from: number, to: number, typeHash: number, occurrence: number): void {
    const { passage, nodeHashes } = this;
    const fromHash = nodeHashes[from]!;
    const toHash = nodeHashes[to]!;
    passage.from = from;
    passage.to = to;
    passage.link = foldWord(fromHash, toHash);
    passage.pair = fromHash < toHash ? passage.link : foldWord(toHash, fromHash);
    passage.typeHash = typeHash;
    passage.occurrence = occurrence;
  }

  private strikeAll(rules: readonly ActiveRule[]): void {
    const { passage, leastUs } = this;
    for (const rule of rules) {
      if (rule.to[passage.to] === 0) continue;
      strike(rule, passage, leastUs);
      if (passage.lostBy !== '') return;
    }
  }

  /** A held flood comes a microsecond apart, so that its order is that of the fault and not of the receiver's queue. */
  private release(rule: ActiveRule, messages: readonly KeptMessage[]): void {
    const { effect } = rule;
    if (messages.length === 0) return;
    const sorted = [...messages].sort((a, b) => a.order - b.order);
    if (effect.kind === 'hold' && effect.order === 'drawn') sorted.sort((a, b) => a.fate - b.fate || a.order - b.order);
    const positions = new Map<number, number>();
    for (const message of sorted) {
      const position = positions.get(message.to) ?? 0;
      positions.set(message.to, position + 1);
      this.letGo(effect.kind === 'hold' ? { ...message, latencyUs: this.leastUs + position } : message);
    }
  }

  /** It sets out now: what cuts or keeps its link by now cuts or keeps it. */
  private letGo(message: KeptMessage): void {
    const { from, to } = message;
    this.enter(from, to, 0, 0);
    for (const rule of this.rulesOf[from]!) {
      const { kind } = rule.effect;
      if (rule.to[to] === 0) continue;
      if ((kind === 'clog' || kind === 'hold') && rule.isAfter(message.typeHash)) {
        rule.kept.push(message);
        return;
      }
      if (kind !== 'cut' && kind !== 'cut-pairs') continue;
      this.passage.begin(0, 0, undefined);
      strike(rule, this.passage, this.leastUs);
      if (this.passage.lostBy === '') continue;
      this.released.push({ ...message, lostBy: rule.name });
      return;
    }
    this.released.push({ ...message, lostBy: '' });
  }
}
