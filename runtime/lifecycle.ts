import type { ActorSpec, AnyActorDefinition, Durable, StopReason } from './actor.js';
import { ActorCell, DEFAULT_SUPERVISION } from './actor-cell.js';
import type { AnyAddress, NodeId } from './address.js';
import { AssertionFailure } from './assert.js';
import { copyPlain, type Plain } from './data.js';
import type { Lsn } from './envelope.js';
import type { Signal } from './mailbox.js';
import type { Observation } from './observation.js';
import type { PendingTable } from './pending-table.js';
import { stateFromPlain } from './state-image.js';
import { SAVED_STATE } from './turn.js';

export interface LifecycleHost {
  readonly cells: Map<AnyAddress, ActorCell>;
  readonly node: NodeId;
  readonly pending: PendingTable;
  imageOf(path: string): Durable | undefined;
  nowUs(): number;
  signal(cell: ActorCell, signal: Signal): void;
  /** Before everything that waits in the mailbox. */
  signalFirst(cell: ActorCell, signal: Signal): void;
  /** The highest LSN given out; what an actor recovers while the node runs may rest on it. */
  lastLsn(): Lsn;
  /** A turn for `signals.stopping`, at once. */
  runStopping(cell: ActorCell): void;
  observe(cell: ActorCell, observation: Observation): void;
  cancelWork(workId: number): void;
  deadLetter(reason: 'no-such-actor' | 'restarted'): void;
  /** For people: why an actor failed. */
  diagnose(cell: ActorCell, error: unknown): void;
  /** A root actor could not be kept alive: the node must end. */
  escalate(reason: string): void;
}

/** Births, deaths and restarts of the actors of a node. */
export class Lifecycle {
  private readonly roots: ActorCell[] = [];

  constructor(private readonly host: LifecycleHost) {}

  startRoots(specs: readonly ActorSpec[], recovered: ReadonlyMap<string, Durable> | undefined): void {
    for (const spec of specs) {
      const supervision = spec.supervision ?? DEFAULT_SUPERVISION;
      const address = `${this.host.node}/${spec.name}`;
      const cell = new ActorCell(address, spec.name, spec.name, spec.definition, spec.params, undefined, supervision);
      this.roots.push(cell);
      this.bring(cell, recovered?.get(spec.name));
    }
  }

  spawnChild(parent: ActorCell, name: string, definition: AnyActorDefinition, params: Plain): void {
    const supervision = parent.definition.supervises ?? DEFAULT_SUPERVISION;
    const cell = new ActorCell(
      `${parent.address}/${name}`,
      `${parent.path}/${name}`,
      name,
      definition,
      params,
      parent,
      supervision,
    );
    parent.children.set(name, cell);
    const durable = this.host.imageOf(cell.path);
    cell.restOn(durable === undefined ? parent.restsOnLsn : this.host.lastLsn());
    this.bring(cell, durable);
  }

  /** `stamp` is what the wish to stop it rests on. */
  stopAt(address: AnyAddress, stamp: Lsn): void {
    const cell = this.host.cells.get(address);
    if (cell === undefined) return;
    cell.restOn(stamp);
    this.terminate(cell, 'stopped');
  }

  stopRoots(): void {
    for (const root of [...this.roots].reverse()) this.terminate(root, 'stopped');
  }

  watch(watcher: ActorCell, address: AnyAddress): void {
    const watched = this.host.cells.get(address);
    if (watched === undefined) {
      // What it rested on when it ended is not known any more.
      const stamp = this.host.lastLsn();
      return this.host.signal(watcher, { kind: 'terminated', ended: address, reason: 'stopped', stamp });
    }
    watched.watchers.add(watcher);
    watcher.watching.add(watched);
  }

  unwatch(watcher: ActorCell, address: AnyAddress): void {
    const watched = this.host.cells.get(address);
    if (watched === undefined) return;
    watched.watchers.delete(watcher);
    watcher.watching.delete(watched);
  }

  /** A turn of the actor threw. Its effects are gone, its state may be half-changed: it can be restarted or stopped, never resumed. */
  failed(cell: ActorCell, error: unknown): void {
    if (!cell.isAlive) return;
    const isAssertion = error instanceof AssertionFailure;
    this.host.diagnose(cell, error);
    this.host.observe(cell, { type: 'actor-failed', actor: cell.path, assertion: isAssertion });
    if (cell.isEnding) return;
    const { strategy } = cell.supervision;
    if (strategy === 'escalate') return this.escalate(cell);
    if (strategy === 'stop' || isAssertion) return this.giveUp(cell, 'failed');
    if (!cell.mayRestart(this.host.nowUs())) return this.giveUp(cell, 'gave-up');
    const group = strategy === 'one-for-all' ? this.siblings(cell) : [cell];
    for (const member of group) {
      member.restOn(cell.restsOnLsn);
      this.restart(member);
    }
  }

  private siblings(cell: ActorCell): readonly ActorCell[] {
    return cell.parent === undefined ? [...this.roots] : [...cell.parent.children.values()];
  }

  private escalate(cell: ActorCell): void {
    if (cell.parent === undefined) return this.host.escalate(`actor ${cell.path} failed and its supervision escalates`);
    const { parent } = cell;
    parent.restOn(cell.restsOnLsn);
    this.terminate(cell, 'failed');
    this.failed(parent, new Error(`child ${cell.name} failed`));
  }

  /** A root actor that cannot be kept is what its node exists for: the node ends, visibly, and may be started anew. */
  private giveUp(cell: ActorCell, reason: StopReason): void {
    this.terminate(cell, reason);
    if (cell.parent === undefined) this.host.escalate(`root actor ${cell.path} ended: ${reason}`);
  }

  private restart(cell: ActorCell): void {
    // The restart of a sibling may have gone wrong in a way that ended this one.
    if (!cell.isAlive) return;
    this.terminateChildren(cell);
    this.dropPending(cell);
    this.dropStash(cell, 'restarted');
    cell.randoms.clear();
    this.host.observe(cell, { type: 'actor-restarted', actor: cell.path });
    this.bring(cell, this.host.imageOf(cell.path));
  }

  /** Makes the state of a new or restarted actor and gives it its first turn. */
  private bring(cell: ActorCell, durable: Durable | undefined): void {
    const { definition } = cell;
    // A copy: what the state makes of it must not outlive the state.
    const params = copyPlain(cell.params);
    this.host.cells.set(cell.address, cell);
    try {
      const saved = durable?.cells.get(SAVED_STATE);
      if (durable !== undefined && definition.recover !== undefined) cell.state = definition.recover(durable, params);
      else cell.state = saved === undefined ? definition.init(params) : stateFromPlain(saved);
    } catch (error) {
      return this.failed(cell, error);
    }
    cell.lastIndex = durable === undefined ? 0 : durable.log.firstIndex + durable.log.entries.length - 1;
    const isStartDue = cell.mailbox.first?.kind === 'start';
    if (definition.start !== undefined && !isStartDue) this.host.signalFirst(cell, { kind: 'start' });
  }

  private dropPending(cell: ActorCell): void {
    for (const workId of this.host.pending.forgetAll(cell)) this.host.cancelWork(workId);
  }

  /** What was put aside by a state that is gone: whoever sent it must be able to learn that it was not handled. */
  private dropStash(cell: ActorCell, reason: 'no-such-actor' | 'restarted'): void {
    for (let count = cell.stashed.length; count > 0; count--) this.host.deadLetter(reason);
    cell.stashed = [];
  }

  private terminate(cell: ActorCell, reason: StopReason): void {
    if (!cell.isAlive || cell.isEnding) return;
    cell.isEnding = true;
    this.terminateChildren(cell);
    if (reason === 'stopped' && cell.definition.signals?.stopping !== undefined) {
      this.host.runStopping(cell);
      this.terminateChildren(cell);
    }
    cell.isAlive = false;
    this.dropPending(cell);
    this.host.cells.delete(cell.address);
    cell.parent?.children.delete(cell.name);
    if (cell.parent === undefined) this.roots.splice(this.roots.indexOf(cell), 1);
    this.dropStash(cell, 'no-such-actor');
    for (let letter = cell.mailbox.shift(); letter !== undefined; letter = cell.mailbox.shift()) {
      if (letter.kind === 'message') this.host.deadLetter('no-such-actor');
    }
    for (const watched of cell.watching) watched.watchers.delete(cell);
    for (const watcher of cell.watchers) {
      watcher.watching.delete(cell);
      this.host.signal(watcher, { kind: 'terminated', ended: cell.address, reason, stamp: cell.restsOnLsn });
    }
  }

  /** The last that was spawned ends first. */
  private terminateChildren(cell: ActorCell): void {
    for (const child of [...cell.children.values()].reverse()) {
      child.restOn(cell.restsOnLsn);
      this.terminate(child, 'stopped');
    }
  }
}
