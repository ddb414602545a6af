import type { Envelope } from '../../runtime/envelope.js';
import { foldWord, hashText } from '../fate.js';
import type { LinkEffect, LinkRule } from './link-rule.js';

/** A message that a fault keeps back at its sender. */
export interface KeptMessage {
  readonly from: number;
  readonly to: number;
  readonly order: number;
  readonly sentAtUs: number;
  /** How long it takes once it may go. */
  readonly latencyUs: number;
  readonly fate: number;
  readonly typeHash: number;
  readonly envelope: Envelope;
}

/** A connection that broke: what was written to it before the sender noticed is lost, what came later waits for the next one. */
export interface BrokenConnection {
  readonly noticedUs: number;
  readonly reopenUs: number;
}

/** A rule at one sender, with what it remembers of each of its links: nothing, for most. */
export class ActiveRule {
  readonly name: string;
  readonly effect: LinkEffect;
  /** What its fates are drawn from. */
  readonly key: number;
  kept: KeptMessage[] = [];
  /** By receiver. */
  readonly broken = new Map<number, BrokenConnection>();
  /** By receiver: when all that is queued has left. */
  readonly busyUntilUs = new Map<number, number>();
  private readonly typeHash: number | undefined;
  private readonly mostPerLink: number;
  private readonly struck = new Map<number, number>();

  constructor(
    { name, effect, type, mostPerLink = Infinity }: LinkRule,
    seedHash: number,
    readonly sinceUs: number,
    /** 1 for each receiver that it concerns; shared by all senders. */
    public to: Uint8Array,
  ) {
    this.name = name;
    this.effect = effect;
    this.key = foldWord(seedHash, hashText(name));
    this.typeHash = type === undefined ? undefined : hashText(type);
    this.mostPerLink = mostPerLink;
  }

  /** Whether it is after messages of this type. */
  isAfter(typeHash: number): boolean {
    return this.typeHash === undefined || this.typeHash === typeHash;
  }

  /** Counts a message that it would strike; false where it is not after such messages, or has struck enough of that link. */
  mayStrike(to: number, typeHash: number): boolean {
    if (!this.isAfter(typeHash)) return false;
    if (this.mostPerLink === Infinity) return true;
    const struck = this.struck.get(to) ?? 0;
    if (struck >= this.mostPerLink) return false;
    this.struck.set(to, struck + 1);
    return true;
  }
}
