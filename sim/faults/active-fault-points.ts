import { drawFate, foldWord, hashText, isWithinPpm } from '../fate.js';

/** When a point in the code fires: in a share of the times that it is passed, or the nth time only, counted from the begin of the fault. */
export interface FaultPointRule {
  readonly point: string;
  readonly ppm: number;
  /** From 1; 0 where the share decides. */
  readonly occurrence: number;
}

interface ActivePoint {
  readonly name: string;
  readonly key: number;
  readonly rule: FaultPointRule;
  passed: number;
}

/**
 * The points in the code of one node that fire at present, by the names of the planned faults that made them. Whether one does is a
 * hash of (seed, fault, node, how often that point has been passed on the node in all its lives).
 */
export class ActiveFaultPoints {
  private readonly active: ActivePoint[] = [];
  private readonly passed = new Map<string, number>();

  /** @param nodeKey a hash of the seed and the node. */
  constructor(private readonly nodeKey: number) {}

  add(name: string, rule: FaultPointRule): void {
    this.active.push({ name, key: foldWord(this.nodeKey, hashText(name)), rule, passed: 0 });
  }

  remove(name: string): void {
    for (let i = this.active.length - 1; i >= 0; i--) if (this.active[i]!.name === name) this.active.splice(i, 1);
  }

  /** The code of the node passes a point: whether it fires. */
  pass(point: string): boolean {
    const passed = (this.passed.get(point) ?? 0) + 1;
    this.passed.set(point, passed);
    let fires = false;
    for (const entry of this.active) {
      if (entry.rule.point !== point) continue;
      entry.passed++;
      const { ppm, occurrence } = entry.rule;
      if (occurrence > 0) fires ||= entry.passed === occurrence;
      else fires ||= isWithinPpm(drawFate(entry.key, hashText(point), passed, 0), ppm);
    }
    return fires;
  }
}
