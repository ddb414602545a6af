import type { NodeId } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Setup } from '../setup.js';
import { mayCrash } from './draws.js';
import type { FaultEntry } from './fault-entry.js';
import type { MessageWatch, Sighting } from '../world/message-watches.js';
import type { FaultPlan, FaultTarget, OnMessage, PlannedFault } from './plan.js';
import { faultEntry } from './registry.js';
import type { DirectedLinks, ResolvedTarget } from './world-control.js';

/** A fault that is to begin or to end, and when. */
export interface DueFault {
  readonly what: 'begin' | 'stage' | 'end';
  readonly dueUs: number;
  /** Its place in the plan: what is due together takes place in this order. */
  readonly place: number;
  readonly planned: PlannedFault;
  readonly entry: FaultEntry;
  readonly target: ResolvedTarget;
  /** Which stage comes, for a fault that has several. */
  readonly cursor: number;
}

interface Reaction {
  readonly place: number;
  readonly planned: PlannedFault;
  left: number;
}

/** When which fault of a plan begins and ends. Reactions wait for their observation. */
export class FaultSchedule {
  /** In the order in which they are due. */
  private due: DueFault[] = [];
  private reactions: Reaction[] = [];
  /** What reactions to messages wait for. */
  readonly watches: readonly MessageWatch[];
  private readonly indexes = new Map<string, number>();

  constructor(
    plan: FaultPlan,
    private readonly setup: Setup,
  ) {
    setup.nodes.forEach(({ id }, index) => this.indexes.set(id, index));
    plan.faults.forEach((planned, place) => {
      const { at } = planned;
      if ('ms' in at) this.addBegin(planned, place, Math.round(at.ms * 1000), undefined);
      else this.reactions.push({ place, planned, left: 'on' in at ? at.occurrence : 1 });
    });
    this.watches = plan.faults.flatMap(({ at }, place) => ('onMessage' in at ? [this.watchOf(at, place)] : []));
  }

  get nextDueUs(): number {
    return this.due[0]?.dueUs ?? Infinity;
  }

  /** The next fault that is due at a time, or undefined. */
  takeDue(nowUs: number): DueFault | undefined {
    return this.nextDueUs <= nowUs ? this.due.shift() : undefined;
  }

  /** Lets faults react to an observation; they are due at the grid line given. */
  react(record: ObservedRecord, atUs: number): void {
    if (this.reactions.length === 0) return;
    let fired = false;
    for (const reaction of this.reactions) {
      const { at } = reaction.planned;
      if (!('on' in at)) continue;
      if (at.on !== record.observation.type || (at.node !== undefined && at.node !== record.node)) continue;
      if (at.node === undefined && this.mustSpare(reaction.planned, record.node)) continue;
      if (--reaction.left > 0) continue;
      fired = true;
      this.addBegin(reaction.planned, reaction.place, atUs, this.indexes.get(record.node));
    }
    if (fired) this.reactions = this.reactions.filter(({ left }) => left > 0);
  }

  /** Lets a fault react to the message that it waits for: the first in the order of the trace. */
  reactToMessage({ place, nodeIndex }: Sighting, atUs: number): void {
    const reaction = this.reactions.find((other) => other.place === place);
    if (reaction === undefined) return;
    const { planned } = reaction;
    const { at } = planned;
    assert('onMessage' in at, 'only what reacts to messages waits for them');
    const isNamed = (at.when === 'delivered' ? at.to : at.from) !== undefined;
    if (!isNamed && this.mustSpare(planned, this.setup.nodes[nodeIndex]!.id)) return;
    this.reactions = this.reactions.filter((other) => other !== reaction);
    this.addBegin(planned, place, atUs, nodeIndex);
  }

  /** A fault has begun: its end is due when its time is over. */
  planEnd(begun: DueFault, nowUs: number): void {
    const { forMs } = begun.planned;
    if (forMs !== undefined) this.insert({ ...begun, what: 'end', dueUs: nowUs + Math.round(forMs * 1000) });
  }

  planStage(begun: DueFault, cursor: number, dueUs: number): void {
    this.insert({ ...begun, what: 'stage', cursor, dueUs });
  }

  /** Nothing begins or ends any more. */
  close(): void {
    this.due = [];
    this.reactions = [];
  }

  /** Whoever happens to be the observer is hit only if a seed could have drawn it: clients and sinks must be named. */
  private mustSpare({ target, fault }: PlannedFault, observer: NodeId): boolean {
    const { concerns, costClass } = faultEntry(fault);
    if (target.kind !== 'observer' || concerns === 'links') return false;
    const plan = this.setup.nodes[this.indexes.get(observer)!]!;
    // Nobody could make up for what a store has lost.
    return costClass === 'diskLost' ? plan.role !== 'server' : !mayCrash(plan);
  }

  private watchOf({ onMessage, occurrence, from, to, when = 'sent' }: OnMessage, place: number): MessageWatch {
    const indexOf = (node: NodeId | undefined): number => (node === undefined ? -1 : this.indexesOf([node])[0]!);
    return { place, type: onMessage, occurrence, from: indexOf(from), to: indexOf(to), when };
  }

  private addBegin(planned: PlannedFault, place: number, dueUs: number, observer: number | undefined): void {
    const entry = faultEntry(planned.fault);
    const target = this.resolve(planned.target, entry, observer);
    this.insert({ what: 'begin', dueUs, place, planned, entry, target, cursor: 0 });
  }

  private insert(fault: DueFault): void {
    const at = this.due.findIndex(
      ({ dueUs, place }) => dueUs > fault.dueUs || (dueUs === fault.dueUs && place > fault.place),
    );
    if (at < 0) this.due.push(fault);
    else this.due.splice(at, 0, fault);
  }

  private resolve(target: FaultTarget, entry: FaultEntry, observer: number | undefined): ResolvedTarget {
    const all = this.setup.nodes.map((_, index) => index);
    const nodes = this.nodesOf(target, all, observer);
    if (entry.concerns === 'nodes') return { nodes, links: [] };
    const { from, to } = this.endsOf(target, nodes, all);
    if (entry.shape !== undefined) {
      const isServer = (node: number): boolean => this.setup.nodes[node]!.role === 'server';
      return { nodes: [], links: entry.shape({ kind: target.kind, from, to, isServer }) };
    }
    const isOneSided = target.kind === 'all' || (target.kind === 'links' && !entry.bothWays);
    return { nodes: [], links: isOneSided ? [{ from, to }] : bothWays(from, to) };
  }

  private endsOf(target: FaultTarget, nodes: readonly number[], all: readonly number[]): DirectedLinks {
    if (target.kind === 'links') return { from: this.indexesOf(target.from), to: this.indexesOf(target.to) };
    if (target.kind === 'all') return { from: all, to: all };
    const isWanted = (node: number): boolean =>
      target.kind !== 'observer' || target.others === undefined || this.setup.nodes[node]!.role === 'server';
    return { from: nodes, to: all.filter((index) => !nodes.includes(index) && isWanted(index)) };
  }

  private nodesOf(target: FaultTarget, all: readonly number[], observer: number | undefined): readonly number[] {
    if (target.kind === 'all') return all;
    if (target.kind === 'node') return this.indexesOf([target.node]);
    if (target.kind === 'links') return [];
    assert(observer !== undefined, 'a fault of an observer must react to an observation');
    return [observer];
  }

  private indexesOf(ids: readonly string[]): readonly number[] {
    return ids.map((id) => {
      const index = this.indexes.get(id);
      assert(index !== undefined, `a plan that was checked names ${id}, which the cluster does not have`);
      return index;
    });
  }
}

function bothWays(a: readonly number[], b: readonly number[]): readonly DirectedLinks[] {
  return [
    { from: a, to: b },
    { from: b, to: a },
  ];
}
