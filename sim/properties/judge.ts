import type { ObservedRecord } from '../../runtime/observation.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import type { EndOfRun, Gauge, Lookout, Monitor, Violation } from './property.js';

interface Watched {
  readonly property: string;
  readonly kind: 'always' | 'eventually';
  readonly monitor: Monitor;
}

/** Holds one run against the properties of its scenario. Monitors are made anew for each run. */
export class Judge {
  readonly violations: Violation[] = [];
  /** 1 for each `sometimes` that was reached. */
  readonly reached: Record<string, number> = {};
  figures: Readonly<Record<string, readonly number[]>> | undefined;

  private readonly watched: readonly Watched[];
  private readonly observing: readonly Watched[];
  private readonly lookouts: { readonly name: string; readonly lookout: Lookout }[];
  private readonly gauge: Gauge | undefined;

  constructor(scenario: Scenario, setup: Setup) {
    const { always, eventually, sometimes } = scenario.properties;
    this.watched = [...makeMonitors('always', always, setup), ...makeMonitors('eventually', eventually, setup)];
    this.observing = this.watched.filter(({ monitor }) => monitor.observe !== undefined);
    this.lookouts = Object.entries(sometimes).map(([name, make]) => ({ name, lookout: make(setup) }));
    for (const name of Object.keys(sometimes)) this.reached[name] = 0;
    this.gauge = scenario.gauge?.(setup);
  }

  observe(record: ObservedRecord): void {
    for (const { property, kind, monitor } of this.observing) {
      const message = monitor.observe?.(record);
      if (message === undefined) continue;
      this.violations.push({
        property,
        kind,
        step: `${record.node}:${record.step}`,
        atMs: record.atUs / 1000,
        message,
      });
    }
    if (this.lookouts.length > 0) this.lookOut((lookout) => lookout.observe?.(record) === true);
    this.gauge?.observe(record);
  }

  /** Judges what is owed at the end. `step` is the last of the run. */
  end(end: EndOfRun, step: string): void {
    for (const { property, kind, monitor } of this.watched) {
      const message = monitor.end?.(end);
      if (message !== undefined) this.violations.push({ property, kind, step, atMs: end.simulatedMs, message });
    }
    this.lookOut((lookout) => lookout.end?.(end) === true);
    this.figures = this.gauge?.end(end);
  }

  private lookOut(isReached: (lookout: Lookout) => boolean): void {
    const { lookouts } = this;
    for (let i = lookouts.length - 1; i >= 0; i--) {
      const { name, lookout } = lookouts[i]!;
      if (!isReached(lookout)) continue;
      this.reached[name] = 1;
      lookouts.splice(i, 1);
    }
  }
}

function makeMonitors(
  kind: Watched['kind'],
  monitors: Readonly<Record<string, (setup: Setup) => Monitor>>,
  setup: Setup,
): readonly Watched[] {
  return Object.entries(monitors).map(([property, make]) => ({ property, kind, monitor: make(setup) }));
}
