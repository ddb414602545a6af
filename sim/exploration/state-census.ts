import type { Plain } from '../../runtime/data.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import { foldWord, finishHash, hashText } from '../fate.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import type { StateAbstraction } from './state-abstraction.js';

/** A run that shows more than these is not abstracted at all; the rest of its states is left out. */
const STATES_PER_RUN_MAX = 20_000;
/** Texts that look like one of a few words, not like an identifier. */
const ENUM_TEXT_MAX = 24;
const ENUM_TEXT = /^[A-Za-z][A-Za-z-]*$/;
const WORDS_MAX = 1_000;
/** No hash of a text: those are whole. */
const NO_WORD = 0.5;
const LOCAL = 0x6c6f6361;
const NEXT_ON_NODE = 0x6e657874;
const NEXT_ELSEWHERE = 0x656c7365;

const RECENT = 4096;

/** A node: the hash of its role, and of what it observed last. */
interface Place {
  readonly role: number;
  last: number;
}

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
  private readonly places = new Map<string, Place>();
  private readonly texts = new Map<string, number>();
  private readonly words = new Map<string, number>();
  /** What was added of late, by its lowest bits: most observations show nothing that the last thousands did not. */
  private readonly recent = new Float64Array(RECENT).fill(-1);
  private lastPlace: Place | undefined;

  constructor(setup: Setup) {
    for (const { id, role } of setup.nodes) this.places.set(id, { role: hashText(role), last: 0 });
  }

  addStates({ node, observation }: ObservedRecord, found: Set<number>): void {
    const place = this.places.get(node);
    if (place === undefined) return;
    const { lastPlace } = this;
    const type = foldWord(place.role, this.hashOf(observation.type));
    let local = foldWord(LOCAL, type);
    for (const field in observation) {
      if (field === 'type') continue;
      const bucket = this.bucketOf(observation[field] as Plain);
      if (bucket !== undefined) local = foldWord(foldWord(local, this.hashOf(field)), bucket);
    }
    this.add(finishHash(local), found);
    this.add(finishHash(foldWord(foldWord(NEXT_ON_NODE, place.last), type)), found);
    if (place !== lastPlace) {
      this.add(finishHash(foldWord(foldWord(NEXT_ELSEWHERE, lastPlace?.last ?? 0), type)), found);
    }
    place.last = type;
    this.lastPlace = place;
  }

  private add(state: number, found: Set<number>): void {
    const at = state & (RECENT - 1);
    if (this.recent[at] === state) return;
    this.recent[at] = state;
    found.add(state);
  }

  /** A small number that stands for a value, or undefined for what is no state: identifiers, bytes, structures. */
  private bucketOf(value: Plain): number | undefined {
    if (typeof value === 'number') return bucketOfNumber(value);
    if (typeof value === 'boolean') return value ? 1 : 2;
    if (value === null) return 3;
    if (typeof value === 'string') return this.bucketOfText(value);
    return Array.isArray(value) ? 64 + bucketOfNumber(value.length) : undefined;
  }

  private bucketOfText(text: string): number | undefined {
    if (text.length > ENUM_TEXT_MAX) return undefined;
    const known = this.words.get(text);
    if (known !== undefined) return known === NO_WORD ? undefined : known;
    const hash = ENUM_TEXT.test(text) ? hashText(text) : NO_WORD;
    if (this.words.size < WORDS_MAX) this.words.set(text, hash);
    return hash === NO_WORD ? undefined : hash;
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
