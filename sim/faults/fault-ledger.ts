import type { CrashKind } from '../disk/index.js';
import { drawFate, foldWord, hashText, scaleFate } from '../fate.js';
import type { LinkRule } from '../network/link-rule.js';
import type { TraceRecord } from '../run.js';
import type { Setup } from '../setup.js';
import type { Command } from '../world/command.js';
import type { DiskFaultStart } from './active-disk-faults.js';
import type { FaultPointRule } from './active-fault-points.js';
import { FaultSchedule, type DueFault } from './fault-schedule.js';
import { NodeHolds } from './node-holds.js';
import type { FaultPlan, PlannedFault } from './plan.js';
import type { DirectedLinks, WorldControl } from './world-control.js';

/**
 * Carries a plan out: turns faults that are due into commands for the groups, keeps who holds which node down or paused, the
 * budget, and what has to be undone when the cluster is healed.
 */
export class FaultLedger implements WorldControl {
  readonly schedule: FaultSchedule;
  /** How often each kind of fault took place. */
  readonly counts: Record<string, number> = {};
  readonly trace: (TraceRecord & { readonly kind: 'fault' })[] = [];

  private commands: Command[] = [];
  private readonly active: DueFault[] = [];
  private readonly holds: NodeHolds;
  private readonly isUp: boolean[];
  /** Names of the planned faults that took place. */
  private readonly begun = new Set<string>();
  /** Nodes that a fault hit which may make them end by themselves, and that have not been healed. */
  private readonly mayHalt = new Set<number>();
  private readonly links = new Map<string, Set<number>>();
  /** Servers that have lost what was durable, for good. */
  private readonly diskLost = new Set<number>();
  /** Faults of which nothing more comes but their end. */
  private readonly spent = new Set<PlannedFault>();
  private readonly clockRates: Map<string, number>[];
  private readonly turnTimes: Map<string, number>[];
  private readonly programs: string[];
  private readonly seedHash: number;

  constructor(
    private readonly plan: FaultPlan,
    private readonly setup: Setup,
    seed: number,
  ) {
    this.seedHash = hashText(`seed ${seed}`);
    this.clockRates = setup.nodes.map(() => new Map());
    this.turnTimes = setup.nodes.map(() => new Map());
    this.programs = setup.nodes.map(({ program }) => program);
    this.schedule = new FaultSchedule(plan, setup);
    this.holds = new NodeHolds(setup.nodes.length);
    this.isUp = setup.nodes.map(() => false);
  }

  startAll(): void {
    const { watches } = this.schedule;
    if (watches.length > 0) this.commands.push({ kind: 'watch-messages', watches });
    this.setup.nodes.forEach((_, node) => this.start(node));
  }

  /** Begins and ends what is due, in plan order. */
  advance(nowUs: number): void {
    for (let due = this.schedule.takeDue(nowUs); due !== undefined; due = this.schedule.takeDue(nowUs)) {
      if (due.what === 'begin') this.begin(due, nowUs);
      else if (due.what === 'end') this.end(due, nowUs);
      else this.proceed(due, nowUs);
    }
  }

  /** Heals a set of nodes: what is wrong with them and with the links among them ends, and they are up. The rest stays. */
  heal(core: readonly number[], nowUs: number): void {
    this.schedule.close();
    const healed = new Set(core);
    for (const { planned, entry, target } of this.active) {
      const nodes = target.nodes.filter((node) => healed.has(node));
      if (nodes.length > 0) entry.end(this, { nodes, links: [] }, planned.params, planned.name);
      if (nodes.length > 0 || entry.concerns === 'links') this.record(planned.name, entry.name, 'undo', nowUs);
    }
    this.commands.push({ kind: 'heal-links-within', nodes: core });
    for (const node of core) {
      // What a disk has lost does not come back: its node may have to refuse for ever.
      if (!this.diskLost.has(node)) this.mayHalt.delete(node);
      if (!this.isUp[node]) this.start(node);
    }
  }

  /** Commands since the last call, in their order. */
  takeCommands(): readonly Command[] {
    const { commands } = this;
    this.commands = [];
    return commands;
  }

  /**
   * Whether a planned fault still does something to a node: the budget may have passed it over, what it waits for may not have come, and a
   * node that was paused runs again once it has crashed.
   */
  isHit(node: number, name: string): boolean {
    return this.begun.has(name) && !this.holds.hasEnded(node, name);
  }

  /** A node ended by itself. Answers whether that may be the doing of a fault. */
  nodeHalted(node: number): boolean {
    this.lifeEnded(node);
    return this.mayHalt.has(node);
  }

  upNodes(): readonly number[] {
    return this.isUp.flatMap((isUp, node) => (isUp ? [node] : []));
  }

  crash(node: number, by: string, loss: CrashKind): void {
    this.holds.add(node, by, 'down');
    if (!this.isUp[node]) return;
    this.lifeEnded(node);
    this.commands.push({ kind: 'crash', node, loss });
  }

  release(node: number, by: string): void {
    if (!this.holds.remove(node, by, 'down') || this.holds.count(node, 'down') > 0 || this.isUp[node]) return;
    this.start(node);
  }

  pause(node: number, by: string): void {
    if (!this.isUp[node]) return this.holds.addEnded(node, by);
    this.holds.add(node, by, 'paused');
    if (this.holds.count(node, 'paused') === 1) this.commands.push({ kind: 'pause', node });
  }

  unpause(node: number, by: string): void {
    if (!this.holds.remove(node, by, 'paused') || this.holds.count(node, 'paused') > 0) return;
    this.commands.push({ kind: 'resume', node });
  }

  addLinkRule(rule: LinkRule): void {
    const senders = this.links.get(rule.name) ?? new Set();
    for (const from of rule.from) senders.add(from);
    this.links.set(rule.name, senders);
    this.commands.push({ kind: 'add-link-rule', rule });
  }

  removeLinkRules(name: string): void {
    this.commands.push({ kind: 'remove-link-rule', name, from: [...(this.links.get(name) ?? [])] });
    this.links.delete(name);
  }

  loseInFlight(name: string, { from, to }: DirectedLinks): void {
    this.commands.push({ kind: 'lose-in-flight', name, from, to });
  }

  shiftWallClock(node: number, byUs: number): void {
    this.commands.push({ kind: 'shift-wall-clock', node, byUs });
  }

  addClockRate(node: number, by: string, ppm: number): void {
    this.clockRates[node]!.set(by, ppm);
    this.setClockRate(node);
  }

  removeClockRate(node: number, by: string): void {
    if (this.clockRates[node]!.delete(by)) this.setClockRate(node);
  }

  addTurnTime(node: number, by: string, turnUs: number): void {
    this.turnTimes[node]!.set(by, turnUs);
    this.setTurnTime(node);
  }

  removeTurnTime(node: number, by: string): void {
    if (this.turnTimes[node]!.delete(by)) this.setTurnTime(node);
  }

  wipeDisk(node: number, isRenewed: boolean): void {
    this.commands.push({ kind: 'wipe-disk', node, isRenewed });
  }

  setProgram(node: number, program = this.setup.nodes[node]!.program): void {
    this.programs[node] = program;
    this.commands.push({ kind: 'set-program', node, program });
  }

  programOf(node: number): string {
    return this.programs[node]!;
  }

  addFaultPoint(node: number, name: string, rule: FaultPointRule): void {
    this.commands.push({ kind: 'add-fault-point', node, name, rule });
  }

  removeFaultPoint(node: number, name: string): void {
    this.commands.push({ kind: 'remove-fault-point', node, name });
  }

  mayTakeDown(node: number): boolean {
    return !this.wouldExceedBudget([node]);
  }

  isServer(node: number): boolean {
    return this.setup.nodes[node]!.role === 'server';
  }

  drawFor(name: string, occurrence: number, span: number): number {
    return scaleFate(drawFate(foldWord(this.seedHash, hashText(name)), occurrence, 0, 0), span);
  }

  addDiskFault(node: number, name: string, faults: DiskFaultStart): void {
    this.commands.push({ kind: 'add-disk-fault', node, name, faults });
  }

  removeDiskFault(node: number, name: string): void {
    this.commands.push({ kind: 'remove-disk-fault', node, name });
  }

  private begin(due: DueFault, nowUs: number): void {
    const { planned, entry, target } = due;
    if (entry.costPerNode > 0 && this.wouldExceedBudget(target.nodes)) return;
    if (entry.costClass === 'diskLost' && !this.mayLoseDisks(target.nodes)) return;
    this.counts[entry.name] = (this.counts[entry.name] ?? 0) + 1;
    this.begun.add(planned.name);
    this.record(planned.name, entry.name, 'do', nowUs);
    if (entry.mayHalt) for (const node of target.nodes) this.mayHalt.add(node);
    entry.begin(this, target, planned.params, planned.name);
    if (!entry.lasts) return;
    this.active.push(due);
    this.schedule.planEnd(due, nowUs);
    if (entry.proceed !== undefined) this.proceed({ ...due, cursor: 0 }, nowUs);
  }

  private proceed(due: DueFault, nowUs: number): void {
    const { planned, entry, target, cursor } = due;
    if (!this.active.some((other) => other.planned === planned)) return;
    const next = entry.proceed?.(this, target, planned.params, planned.name, cursor);
    if (next === undefined) this.spent.add(planned);
    else this.schedule.planStage(due, next.cursor, nowUs + next.afterUs);
  }

  private end(due: DueFault, nowUs: number): void {
    const { planned, entry, target } = due;
    this.record(planned.name, entry.name, 'undo', nowUs);
    this.active.splice(
      this.active.findIndex((other) => other.planned === planned),
      1,
    );
    entry.end(this, target, planned.params, planned.name);
  }

  private wouldExceedBudget(nodes: readonly number[]): boolean {
    const { maxDown } = this.plan;
    if (maxDown === undefined) return false;
    const affected = new Set(nodes.filter((node) => this.isServer(node)));
    if (affected.size === 0) return false;
    this.setup.nodes.forEach((_, node) => {
      if (this.isServer(node) && (!this.isUp[node] || this.holds.count(node, 'paused') > 0)) affected.add(node);
    });
    for (const node of [...this.diskLost, ...this.claimed()]) if (this.isServer(node)) affected.add(node);
    return affected.size > maxDown;
  }

  private lifeEnded(node: number): void {
    this.isUp[node] = false;
    this.holds.lifeEnded(node);
  }

  /** Nodes that a fault which costs has not done with, whether they are down at the moment or not. */
  private claimed(): readonly number[] {
    return this.active
      .filter(
        ({ entry, planned }) => entry.costPerNode > 0 && entry.costClass !== 'diskLost' && !this.spent.has(planned),
      )
      .flatMap(({ target }) => target.nodes);
  }

  /** Counts these nodes as without what was durable, unless that would be too many. */
  private mayLoseDisks(nodes: readonly number[]): boolean {
    const { maxDown = Infinity, maxDiskLost = maxDown } = this.plan;
    const lost = new Set([...this.diskLost, ...nodes].filter((node) => this.isServer(node)));
    if (lost.size > maxDiskLost) return false;
    for (const node of nodes) this.diskLost.add(node);
    return true;
  }

  private setClockRate(node: number): void {
    let ppm = 0;
    for (const rate of this.clockRates[node]!.values()) if (Math.abs(rate) > Math.abs(ppm)) ppm = rate;
    this.commands.push({ kind: 'set-clock-rate', node, ppm });
  }

  private setTurnTime(node: number): void {
    this.commands.push({ kind: 'set-turn-time', node, turnUs: sumOf(this.turnTimes[node]!) });
  }

  private start(node: number): void {
    this.holds.lifeBegan(node);
    this.isUp[node] = true;
    this.commands.push({ kind: 'start', node });
  }

  private record(name: string, fault: string, what: 'do' | 'undo', atUs: number): void {
    this.trace.push({ kind: 'fault', atUs, name, fault, what });
  }
}

function sumOf(parts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const part of parts.values()) sum += part;
  return sum;
}
