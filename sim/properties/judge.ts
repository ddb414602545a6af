import type { ObservedRecord } from '../../runtime/observation.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import type { EndOfRun, Gauge, Lookout, Monitor, Observer, Shared, Violation } from './property.js';
import { isToldOf, SharedObservers } from './shared-observers.js';

interface Watched {
  readonly property: string;
  readonly kind: 'always' | 'eventually';
  readonly monitor: Monitor;
}

interface Watching {
  readonly name: string;
  readonly lookout: Lookout;
}

interface Place {
  readonly step: string;
  readonly atMs: number;
}

const TEXT_MAX = 300;

/** Holds one run against the properties of its scenario. Monitors are made anew for each run. */
export class Judge {
  readonly violations: Violation[] = [];
  /** 1 for each `sometimes` that was reached. */
  readonly reached: Record<string, number> = {};
  figures: Readonly<Record<string, readonly number[]>> | undefined;

  private readonly shared = new SharedObservers();
  private readonly watched: readonly Watched[];
  private readonly following: readonly Watched[];
  private lookouts: readonly Watching[] = [];
  /** By type of observation: who is told of it. */
  private readonly observing = new Map<string, readonly Watched[]>();
  private readonly lookingOut = new Map<string, readonly Watching[]>();
  private readonly gauge: Gauge | undefined;

  constructor(
    scenario: Pick<Scenario, 'properties' | 'gauge'>,
    private readonly setup: Setup,
    isProgressOwed = true,
  ) {
    const { always = {}, eventually = {}, sometimes = {} } = scenario.properties;
    this.watched = [
      ...this.makeMonitors('always', always),
      ...(isProgressOwed ? this.makeMonitors('eventually', eventually) : []),
    ];
    this.following = this.watched.filter(({ monitor }) => monitor.follow !== undefined);
    this.lookouts = Object.entries(sometimes).flatMap(([name, make]) => {
      this.reached[name] = 0;
      const lookout = this.guarded(name, 'crash', this.beginning(), () => make(setup, this.shared));
      return lookout === undefined ? [] : [{ name, lookout }];
    });
    this.gauge = this.guarded('gauge', 'crash', this.beginning(), () => scenario.gauge?.(setup));
  }

  observe(record: ObservedRecord): void {
    const { type } = record.observation;
    for (const observer of this.shared.toldOf(type)) this.tell(observer, record);
    let observing = this.observing.get(type);
    if (observing === undefined) {
      observing = this.watched.filter(({ monitor }) => isToldOf(monitor, type));
      this.observing.set(type, observing);
    }
    for (const watched of observing) {
      const message = this.ask(watched, record);
      if (message !== undefined) this.add(watched.property, watched.kind, placeOf(record), message);
    }
    if (this.lookouts.length > 0) this.lookOutFor(type, record);
    if (this.gauge !== undefined) this.measure(this.gauge, record);
  }

  follow(record: ObservedRecord): void {
    for (const { property, kind, monitor } of this.following) {
      const message = this.guarded(property, kind, placeOf(record), () => monitor.follow?.(record));
      if (message !== undefined) this.add(property, kind, placeOf(record), message);
    }
  }

  /** Judges what is owed at the end. `step` is the last of the run. */
  end(end: EndOfRun, step: string, isProgressOwed = true): void {
    const place = { step, atMs: end.simulatedMs };
    for (const { property, kind, monitor } of this.watched) {
      if (kind === 'eventually' && !isProgressOwed) continue;
      const message = this.guarded(property, kind, place, () => monitor.end?.(end));
      if (message !== undefined) this.add(property, kind, place, message);
    }
    this.lookOut(this.lookouts, (lookout) => lookout.end?.(end) === true, place);
    this.figures = this.guarded('gauge', 'crash', place, () => this.gauge?.end(end));
  }

  /** Without a closure: it is called for every observation and property. */
  private ask({ property, kind, monitor }: Watched, record: ObservedRecord): string | undefined {
    try {
      return monitor.observe?.(record);
    } catch (error) {
      this.add(property, kind, placeOf(record), thrownBy('property', error));
      return undefined;
    }
  }

  private tell(observer: Observer, record: ObservedRecord): void {
    try {
      observer.observe(record);
    } catch (error) {
      this.add('observer', 'crash', placeOf(record), thrownBy('property', error));
    }
  }

  private measure(gauge: Gauge, record: ObservedRecord): void {
    try {
      gauge.observe(record);
    } catch (error) {
      this.add('gauge', 'crash', placeOf(record), thrownBy('gauge', error));
    }
  }

  private lookOutFor(type: string, record: ObservedRecord): void {
    let lookingOut = this.lookingOut.get(type);
    if (lookingOut === undefined) {
      lookingOut = this.lookouts.filter(({ lookout }) => isToldOf(lookout, type));
      this.lookingOut.set(type, lookingOut);
    }
    if (lookingOut.length > 0) this.lookOut(lookingOut, (lookout) => lookout.observe?.(record) === true, record);
  }

  private lookOut(
    asked: readonly Watching[],
    isReached: (lookout: Lookout) => boolean,
    where: ObservedRecord | Place,
  ): void {
    for (const watching of asked) {
      const { name, lookout } = watching;
      try {
        if (!isReached(lookout)) continue;
        this.reached[name] = 1;
      } catch (error) {
        this.add(name, 'crash', 'node' in where ? placeOf(where) : where, thrownBy('property', error));
      }
      this.lookouts = this.lookouts.filter((other) => other !== watching);
      this.lookingOut.clear();
    }
  }

  private makeMonitors(
    kind: Watched['kind'],
    monitors: Readonly<Record<string, (setup: Setup, shared: Shared) => Monitor>>,
  ): readonly Watched[] {
    return Object.entries(monitors).flatMap(([property, make]) => {
      const monitor = this.guarded(property, kind, this.beginning(), () => make(this.setup, this.shared));
      return monitor === undefined ? [] : [{ property, kind, monitor }];
    });
  }

  /** What `call` answers; where it throws, that is a violation of the property, by its own mistake. */
  private guarded<T>(property: string, kind: Violation['kind'], place: Place, call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.add(property, kind, place, thrownBy(property === 'gauge' ? 'gauge' : 'property', error));
      return undefined;
    }
  }

  private add(property: string, kind: Violation['kind'], { step, atMs }: Place, message: unknown): void {
    this.violations.push({ property, kind, step, atMs, message: inWords(message) });
  }

  private beginning(): Place {
    return { step: `${this.setup.nodes[0]?.id ?? ''}:0`, atMs: 0 };
  }
}

/** A property that no compiler has seen may answer anything. */
function inWords(message: unknown): string {
  if (typeof message === 'string') return message;
  return `the property answered ${String(message)}; it is to answer what is wrong in words, and undefined where nothing is`;
}

function placeOf(record: ObservedRecord): Place {
  return { step: `${record.node}:${record.step}`, atMs: record.atUs / 1000 };
}

/** The error and the line that threw it, for people: both depend on the engine. */
function thrownBy(what: 'property' | 'gauge', error: unknown): string {
  if (!(error instanceof Error)) return `the ${what} itself threw ${String(error)}`;
  const frame = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  const head = `the ${what} itself threw ${error.name}: ${error.message.split('\n', 1)[0]!}`.slice(0, TEXT_MAX);
  return frame === undefined ? head : `${head} ${frame.trim()}`;
}
