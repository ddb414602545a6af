import type { CrashKind, DiskFaults } from '../disk/index.js';
import type { LinkRule } from '../network/link-rule.js';
import type { TraceRecord } from '../run.js';
import type { Setup } from '../setup.js';
import type { Command } from '../world/command.js';
import { FaultSchedule, type DueFault } from './fault-schedule.js';
import type { FaultPlan } from './plan.js';
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
  private readonly downBy: Set<string>[];
  private readonly pausedBy: Set<string>[];
  private readonly isUp: boolean[];
  /** Nodes that a fault hit which may make them end by themselves, and that have not been healed. */
  private readonly mayHalt = new Set<number>();
  private readonly links = new Map<string, Set<number>>();

  constructor(
    private readonly plan: FaultPlan,
    private readonly setup: Setup,
  ) {
    this.schedule = new FaultSchedule(plan, setup);
    this.downBy = setup.nodes.map(() => new Set());
    this.pausedBy = setup.nodes.map(() => new Set());
    this.isUp = setup.nodes.map(() => false);
  }

  startAll(): void {
    this.setup.nodes.forEach((_, node) => this.start(node));
  }

  /** Begins and ends what is due, in plan order. */
  advance(nowUs: number): void {
    for (let due = this.schedule.takeDue(nowUs); due !== undefined; due = this.schedule.takeDue(nowUs)) {
      if (due.what === 'begin') this.begin(due, nowUs);
      else this.end(due, nowUs);
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
      this.mayHalt.delete(node);
      if (!this.isUp[node]) this.start(node);
    }
  }

  /** Commands since the last call, in their order. */
  takeCommands(): readonly Command[] {
    const { commands } = this;
    this.commands = [];
    return commands;
  }

  /** A node ended by itself. Answers whether that may be the doing of a fault. */
  nodeHalted(node: number): boolean {
    this.isUp[node] = false;
    this.pausedBy[node]!.clear();
    return this.mayHalt.has(node);
  }

  upNodes(): readonly number[] {
    return this.isUp.flatMap((isUp, node) => (isUp ? [node] : []));
  }

  crash(node: number, by: string, loss: CrashKind): void {
    this.downBy[node]!.add(by);
    if (!this.isUp[node]) return;
    this.isUp[node] = false;
    this.pausedBy[node]!.clear();
    this.commands.push({ kind: 'crash', node, loss });
  }

  release(node: number, by: string): void {
    const holders = this.downBy[node]!;
    if (!holders.delete(by) || holders.size > 0 || this.isUp[node]) return;
    this.start(node);
  }

  pause(node: number, by: string): void {
    if (!this.isUp[node]) return;
    const holders = this.pausedBy[node]!;
    holders.add(by);
    if (holders.size === 1) this.commands.push({ kind: 'pause', node });
  }

  unpause(node: number, by: string): void {
    const holders = this.pausedBy[node]!;
    if (holders.delete(by) && holders.size === 0) this.commands.push({ kind: 'resume', node });
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

  addDiskFault(node: number, name: string, faults: DiskFaults): void {
    this.commands.push({ kind: 'add-disk-fault', node, name, faults });
  }

  removeDiskFault(node: number, name: string): void {
    this.commands.push({ kind: 'remove-disk-fault', node, name });
  }

  private begin(due: DueFault, nowUs: number): void {
    const { planned, entry, target } = due;
    if (entry.costPerNode > 0 && this.wouldExceedBudget(target.nodes)) return;
    this.counts[entry.name] = (this.counts[entry.name] ?? 0) + 1;
    this.record(planned.name, entry.name, 'do', nowUs);
    if (entry.mayHalt) for (const node of target.nodes) this.mayHalt.add(node);
    entry.begin(this, target, planned.params, planned.name);
    if (!entry.lasts) return;
    this.active.push(due);
    this.schedule.planEnd(due, nowUs);
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
      if (this.isServer(node) && (!this.isUp[node] || this.pausedBy[node]!.size > 0)) affected.add(node);
    });
    return affected.size > maxDown;
  }

  private isServer(node: number): boolean {
    return this.setup.nodes[node]!.role === 'server';
  }

  private start(node: number): void {
    this.downBy[node]!.clear();
    this.isUp[node] = true;
    this.commands.push({ kind: 'start', node });
  }

  private record(name: string, fault: string, what: 'do' | 'undo', atUs: number): void {
    this.trace.push({ kind: 'fault', atUs, name, fault, what });
  }
}
