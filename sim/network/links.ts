import { assert } from '../../runtime/assert.js';
import { drawFate, foldWord, hashText, isWithinPpm, scaleFate } from '../fate.js';

/** A network fault as it acts on links, directed from any node of `from` to any of `to` (indexes). Plain data. */
export interface LinkRule {
  /** The name of the planned fault: what its fates are drawn from. */
  readonly name: string;
  readonly effect: LinkEffect;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

export type LinkEffect =
  | { readonly kind: 'cut' }
  | { readonly kind: 'drop'; readonly ppm: number }
  | { readonly kind: 'duplicate'; readonly ppm: number }
  /** A share of the messages comes up to `extraUs` later, behind others sent after them. */
  | { readonly kind: 'reorder'; readonly ppm: number; readonly extraUs: number }
  | { readonly kind: 'slow'; readonly extraUs: number };

/** When a message arrives is asked of a strategy, at the sender. Must answer at least the least latency of any link. */
export interface ArrivalStrategy {
  /** Hashes of the names of both nodes and of the message's type; `occurrence` counts messages of that type on that link. */
  latencyUs(fromHash: number, toHash: number, typeHash: number, occurrence: number): number;
}

/** Uniform between two bounds, drawn from the seed for each message. */
export class SeededLatency implements ArrivalStrategy {
  private readonly key: number;

  constructor(
    seedHash: number,
    private readonly minUs: number,
    private readonly maxUs: number,
  ) {
    assert(minUs > 0 && maxUs >= minUs, 'latencies must be positive, the greatest not below the least');
    this.key = foldWord(seedHash, hashText('latency'));
  }

  latencyUs(fromHash: number, toHash: number, typeHash: number, occurrence: number): number {
    const fate = drawFate(this.key, foldWord(fromHash, toHash), typeHash, occurrence);
    return this.minUs + scaleFate(fate, this.maxUs - this.minUs + 1);
  }
}

interface ActiveRule {
  readonly name: string;
  readonly key: number;
  readonly effect: LinkEffect;
  /** 1 for each receiver that it concerns; shared by all senders. */
  to: Uint8Array;
}

const COPY = 0x636f7079;
const EXTRA = 0x65787472;

/**
 * The links out of the nodes of one group, and what faults do to them. A send costs the rules that concern its sender,
 * usually none. What `decide` found is left in fields, so that nothing is allocated for a message.
 */
export class Links {
  /** After `decide`: microseconds until the message arrives, or -1 where it is lost. */
  latencyUs = 0;
  /** After `decide`: microseconds until its second copy arrives, or -1 where there is none. */
  copyLatencyUs = -1;

  private readonly rulesOf: ActiveRule[][];

  constructor(
    private readonly seedHash: number,
    private readonly nodeHashes: Int32Array,
    private readonly arrivals: ArrivalStrategy,
    private readonly leastUs: number,
  ) {
    this.rulesOf = Array.from(nodeHashes, () => []);
  }

  add(rule: LinkRule): void {
    const to = new Uint8Array(this.nodeHashes.length);
    for (const index of rule.to) to[index] = 1;
    const key = foldWord(this.seedHash, hashText(rule.name));
    for (const from of rule.from) this.rulesOf[from]!.push({ name: rule.name, key, effect: rule.effect, to });
  }

  remove(name: string, senders: readonly number[]): void {
    for (const from of senders) this.rulesOf[from] = this.rulesOf[from]!.filter((rule) => rule.name !== name);
  }

  /** Frees all links within a set of nodes from faults; every other link stays as it is. */
  healWithin(core: readonly number[]): void {
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
      for (const rule of this.rulesOf[from]!) rule.to = without(rule.to);
      this.rulesOf[from] = this.rulesOf[from]!.filter((rule) => rule.to.includes(1));
    }
  }

  /** Decides when a message arrives, whether it does at all, and whether it does so twice. */
  decide(from: number, to: number, typeHash: number, occurrence: number): void {
    const { nodeHashes } = this;
    const fromHash = nodeHashes[from]!;
    const toHash = nodeHashes[to]!;
    const base = this.arrivals.latencyUs(fromHash, toHash, typeHash, occurrence);
    assert(base >= this.leastUs, 'a link was faster than the least latency that the scenario declares');
    this.latencyUs = base;
    this.copyLatencyUs = -1;
    const rules = this.rulesOf[from]!;
    if (rules.length > 0) this.applyRules(rules, to, foldWord(fromHash, toHash), typeHash, occurrence);
  }

  private applyRules(
    rules: readonly ActiveRule[],
    to: number,
    link: number,
    typeHash: number,
    occurrence: number,
  ): void {
    const base = this.latencyUs;
    let extraUs = 0;
    let copyExtraUs = -1;
    for (const { key, effect, to: receivers } of rules) {
      if (receivers[to] === 0) continue;
      const fate = drawFate(key, link, typeHash, occurrence);
      switch (effect.kind) {
        case 'cut':
          this.latencyUs = -1;
          return;
        case 'drop':
          if (!isWithinPpm(fate, effect.ppm)) break;
          this.latencyUs = -1;
          return;
        case 'duplicate':
          // The copy takes a way of its own, up to as long again as the original's.
          if (isWithinPpm(fate, effect.ppm))
            copyExtraUs = scaleFate(drawFate(key ^ COPY, link, typeHash, occurrence), base + 1);
          break;
        case 'reorder':
          if (!isWithinPpm(fate, effect.ppm)) break;
          extraUs += scaleFate(drawFate(key ^ EXTRA, link, typeHash, occurrence), effect.extraUs + 1);
          break;
        case 'slow':
          extraUs += effect.extraUs;
          break;
      }
    }
    this.latencyUs = base + extraUs;
    if (copyExtraUs >= 0) this.copyLatencyUs = base + extraUs + copyExtraUs;
  }
}
