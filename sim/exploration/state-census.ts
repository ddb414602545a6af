import type { Plain } from '../../runtime/data.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import { foldWord, finishHash, hashText } from '../fate.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import type { StateAbstraction } from './state-abstraction.js';

/** A run that shows more than these is not abstracted at all; the rest of its states is left out. */
const STATES_PER_RUN_MAX = 20_000;
/** Texts that look like one of a few words, not like an identifier. */
const ENUM_TEXT = /^[A-Za-z][A-Za-z-]{0,23}$/;
const LOCAL = 0x6c6f6361;
const NEXT_ON_NODE = 0x6e657874;
const NEXT_ELSEWHERE = 0x656c7365;

/** Gathers the abstract states that one run reaches, as 32-bit hashes of their keys. */
export class StateCensus {
  private readonly found = new Set<number>();
  private readonly abstraction: StateAbstraction | undefined;
  private readonly byDefault: DefaultAbstraction;

  constructor(scenario: Scenario, setup: Setup) {
    this.abstraction = scenario.abstractState?.(setup);
    this.byDefault = new DefaultAbstraction(setup);
  }

  observe(record: ObservedRecord): void {
    const { found, abstraction } = this;
    if (found.size >= STATES_PER_RUN_MAX) return;
    if (abstraction === undefined) this.byDefault.addStates(record, found);
    else for (const key of abstraction.keysOf(record)) found.add(hashText(key) >>> 0);
  }

  /** In ascending order. */
  states(): readonly number[] {
    return [...this.found].sort((a, b) => a - b);
  }
}

/**
 * Without a word from the scenario: what each node observes, with its role, its small numbers by their magnitude and its words as they
 * are; which type follows which on a node; and which type on one role follows which on another. Names of nodes do not enter, so
 * what n1 does is nothing new where n2 did it.
 */
class DefaultAbstraction {
  private readonly roles = new Map<string, number>();
  private readonly lastOnNode = new Map<string, number>();
  private readonly texts = new Map<string, number>();
  private lastNode = '';
  private lastPlace = 0;

  constructor(setup: Setup) {
    for (const { id, role } of setup.nodes) this.roles.set(id, hashText(role));
  }

  addStates({ node, observation }: ObservedRecord, found: Set<number>): void {
    const type = foldWord(this.roles.get(node) ?? 0, this.hashOf(observation.type));
    let local = foldWord(LOCAL, type);
    for (const field in observation) {
      if (field === 'type') continue;
      const bucket = this.bucketOf(observation[field] as Plain);
      if (bucket !== undefined) local = foldWord(foldWord(local, this.hashOf(field)), bucket);
    }
    found.add(finishHash(local));
    found.add(finishHash(foldWord(foldWord(NEXT_ON_NODE, this.lastOnNode.get(node) ?? 0), type)));
    if (node !== this.lastNode) found.add(finishHash(foldWord(foldWord(NEXT_ELSEWHERE, this.lastPlace), type)));
    this.lastOnNode.set(node, type);
    this.lastNode = node;
    this.lastPlace = type;
  }

  /** A small number that stands for a value, or undefined for what is no state: identifiers, bytes, structures. */
  private bucketOf(value: Plain): number | undefined {
    if (typeof value === 'number') return bucketOfNumber(value);
    if (typeof value === 'boolean') return value ? 1 : 2;
    if (value === null) return 3;
    if (typeof value === 'string') return ENUM_TEXT.test(value) ? this.hashOf(value) : undefined;
    return Array.isArray(value) ? 64 + bucketOfNumber(value.length) : undefined;
  }

  private hashOf(text: string): number {
    let hash = this.texts.get(text);
    if (hash === undefined) this.texts.set(text, (hash = hashText(text)));
    return hash;
  }
}

/** By sign and magnitude: 0, 1, 2 to 3, 4 to 7, and so on; beyond 65,535 all are one. */
export function bucketOfNumber(value: number): number {
  const magnitude = Math.min(17, 32 - Math.clz32(Math.min(0xffff_ffff, Math.floor(Math.abs(value)))));
  return value < 0 ? 32 + magnitude : magnitude;
}
