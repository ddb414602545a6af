import { promiseHooks } from 'node:v8';
import type { Calendar } from '../../runtime/ports.js';
import type { TurnGuard } from '../../runtime/turn-guard.js';
import { sourceLocationOf } from './source-location.js';
import { installTraps } from './traps.js';

/** An actor reached for something that its context does not decide. The run is not reproducible. */
export class NondeterminismError extends Error {
  constructor(
    message: string,
    /** `path:line:column` in the source. */
    readonly location: string,
  ) {
    super(message);
    this.name = 'NondeterminismError';
  }
}

/** A guard for the turns of this thread, and what goes with it. */
export interface ThreadGuard extends TurnGuard {
  /** What was trapped since the last call, oldest first. */
  takeEscapes(): readonly NondeterminismError[];
  /** Called at once with each escape, in place of whoever was called before. */
  onEscape(listener: ((message: string) => void) | undefined): void;
  /** A calendar whose own use of Date is no escape. */
  exempt(calendar: Calendar): Calendar;
}

interface ActiveTurn {
  readonly node: string;
  readonly actor: string;
  readonly step: number;
}

class Guard implements ThreadGuard {
  private active: ActiveTurn | undefined;
  private pending: NondeterminismError | undefined;
  private escapes: NondeterminismError[] = [];
  private listener: ((message: string) => void) | undefined;

  enter(node: string, actor: string, step: number): void {
    this.active = { node, actor, step };
  }

  leave(): void {
    this.active = undefined;
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    throw pending;
  }

  /** Throws at once, and again when the turn ends in case the actor caught it. */
  trip(what: string, instead: string): void {
    if (this.active !== undefined) throw this.escaped(what, instead);
  }

  /** As `trip`, but only the end of the turn throws: a promise hook must not. */
  note(what: string, instead: string): void {
    if (this.active !== undefined && this.pending === undefined) this.escaped(what, instead);
  }

  takeEscapes(): readonly NondeterminismError[] {
    const { escapes } = this;
    this.escapes = [];
    return escapes;
  }

  onEscape(listener: ((message: string) => void) | undefined): void {
    this.listener = listener;
  }

  exempt(calendar: Calendar): Calendar {
    const aside = <T>(compute: () => T): T => {
      const { active } = this;
      this.active = undefined;
      try {
        return compute();
      } finally {
        this.active = active;
      }
    };
    return {
      zoneDataVersion: calendar.zoneDataVersion,
      nextTick: (cron, timeZone, afterWallMs) => aside(() => calendar.nextTick(cron, timeZone, afterWallMs)),
      findFault: (cron, timeZone) => aside(() => calendar.findFault(cron, timeZone)),
    };
  }

  private escaped(what: string, instead: string): NondeterminismError {
    const { active } = this;
    // Making the error must not trip the guard: stack traces may read files for source maps.
    this.active = undefined;
    const location = sourceLocationOf(String(new Error('trapped').stack));
    const where =
      active === undefined ? 'an actor' : `actor ${active.node}/${active.actor} at step ${active.node}:${active.step}`;
    const error = new NondeterminismError(`${what} in ${where} (${location}); ${instead}`, location);
    this.listener?.(error.message);
    this.active = active;
    this.pending = error;
    this.escapes.push(error);
    return error;
  }
}

// One guard for each thread: the traps sit in the globals of the thread and cannot be put there twice.
let installed: Guard | undefined;

/**
 * The guard of this thread. Its first call traps clocks, timers, randomness and I/O, and watches for promises through V8's
 * hooks; outside of turns everything works as before.
 */
export function threadGuard(): ThreadGuard {
  if (installed === undefined) {
    const guard = new Guard();
    installTraps((what, instead) => guard.trip(what, instead));
    promiseHooks.onInit(() => guard.note('a promise', 'a handler runs to completion: send a message or start work'));
    installed = guard;
  }
  return installed;
}
