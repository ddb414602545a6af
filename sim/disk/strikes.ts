import { isWithinPpm } from '../fate.js';
import type { DiskStrikes, StrikeRule } from './disk-faults.js';

export type StrikeKind = keyof DiskStrikes;

/** A strike: by which fault, and a draw for what it does in particular. */
export interface Strike {
  readonly by: string;
  readonly sectorBytes: number;
  draw(purpose: string): number;
}

interface ActiveStrikes {
  readonly name: string;
  readonly rules: DiskStrikes;
  readonly struck: Map<StrikeKind, number>;
}

const STRIKE_KINDS: readonly StrikeKind[] = Object.freeze(['misdirects', 'phantoms', 'shortReads', 'corruptReads']);

/** Which single operations of a disk go wrong, by the names of the faults that make them. */
export class Strikes {
  private active: ActiveStrikes[] = [];

  /** @param fate the stateless draws of the disk. */
  constructor(private readonly fate: (purpose: string, file: string, occurrence: number) => number) {}

  add(name: string, rules: DiskStrikes): void {
    if (STRIKE_KINDS.some((kind) => rules[kind] !== undefined)) this.active.push({ name, rules, struck: new Map() });
  }

  remove(name: string): void {
    this.active = this.active.filter((active) => active.name !== name);
  }

  /** Whether the `occurrence`th operation on a file goes wrong in that way. Counts it as struck. */
  strike(kind: StrikeKind, file: string, occurrence: number): Strike | undefined {
    for (const active of this.active) {
      const rule = active.rules[kind];
      if (rule === undefined || !this.hits(active, kind, rule, file, occurrence)) continue;
      const draw = (purpose: string): number => this.fate(`${active.name}/${purpose}`, file, occurrence);
      return { by: active.name, sectorBytes: rule.sectorBytes ?? 512, draw };
    }
    return undefined;
  }

  private hits(active: ActiveStrikes, kind: StrikeKind, rule: StrikeRule, file: string, occurrence: number): boolean {
    const struck = active.struck.get(kind) ?? 0;
    if (struck >= (rule.most ?? Infinity)) return false;
    if (!isWithinPpm(this.fate(`${active.name}/${kind}`, file, occurrence), rule.ppm)) return false;
    active.struck.set(kind, struck + 1);
    return true;
  }
}
