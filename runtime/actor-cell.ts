import type { AnyActorDefinition, MailboxOptions, Supervision } from './actor.js';
import type { AnyAddress } from './address.js';
import type { Plain } from './data.js';
import type { Lsn } from './envelope.js';
import { Mailbox, type Delivery } from './mailbox.js';
import type { Random } from './ports.js';

export const DEFAULT_MAILBOX: MailboxOptions = Object.freeze({ capacity: 10_000, overflow: 'drop-newest' });
export const DEFAULT_SUPERVISION: Supervision = Object.freeze({
  strategy: 'restart',
  maxRestarts: 5,
  withinMs: 10_000,
});

/** What the runtime holds for one living actor. */
export class ActorCell {
  readonly mailbox: Mailbox;
  state: unknown = undefined;
  readonly children = new Map<string, ActorCell>();
  readonly watchers = new Set<ActorCell>();
  readonly watching = new Set<ActorCell>();
  /** Tokens of the named timers that are set. */
  readonly timers = new Map<string, number>();
  readonly questions = new Set<number>();
  readonly works = new Set<number>();
  readonly randoms = new Map<string, Random>();
  stashed: Delivery[] = [];
  /** Everything that this actor's state rests on, its own writes included. Never falls. */
  restsOnLsn: Lsn = 0;
  lastWriteLsn: Lsn = 0;
  toldDurableLsn: Lsn = 0;
  /** Index of the last entry of the actor's log. */
  lastIndex = 0;
  /** In the list of actors that have something to do. */
  isReady = false;
  isAlive = true;
  /** Its last turn is going on, or over: whatever happens in it, the actor ends. */
  isEnding = false;
  restartTimesUs: number[] = [];

  constructor(
    readonly address: AnyAddress,
    readonly path: string,
    readonly name: string,
    readonly definition: AnyActorDefinition,
    readonly params: Plain,
    readonly parent: ActorCell | undefined,
    /** How this actor is supervised. */
    readonly supervision: Supervision,
  ) {
    const options = definition.mailbox ?? DEFAULT_MAILBOX;
    this.mailbox = new Mailbox(options.capacity, options.overflow);
  }

  restOn(stamp: Lsn): void {
    if (stamp > this.restsOnLsn) this.restsOnLsn = stamp;
  }

  /** Notes a restart and answers whether the intensity allows it. */
  mayRestart(nowUs: number): boolean {
    const { maxRestarts, withinMs } = this.supervision;
    const since = nowUs - withinMs * 1000;
    this.restartTimesUs = this.restartTimesUs.filter((atUs) => atUs >= since);
    if (this.restartTimesUs.length >= maxRestarts) return false;
    this.restartTimesUs.push(nowUs);
    return true;
  }
}
