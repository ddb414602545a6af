/** What a hunt can say of what it has not seen. */
export interface Confidence {
  /** Runs whose states were counted. */
  readonly runs: number;
  /** Different abstract states of the protocol, over all runs. */
  readonly statesSeen: number;
  /** Of those, how many only one run reached. */
  readonly statesSeenOnce: number;
  /**
   * Estimated share of states still unseen, in parts per million of what runs come upon: the Good–Turing estimate, singletons divided
   * by sightings (Good, Biometrika 1953), with runs as samples. Undefined where no run reached any state.
   */
  readonly unseenPpm: number | undefined;
  /** Estimated new states in the next hundred runs: the singletons of a hundred runs. */
  readonly newStatesPerHundredRuns: number;
  /** Each `sometimes` that was reached, but in less than 2 % of the runs, and in how many. */
  readonly rare: Readonly<Record<string, number>>;
}

/** What a hunt has to hand on for the confidence of several together: whether one run or more reached a state. */
export interface Census {
  readonly runs: number;
  /** How often runs came upon a state that is counted. */
  readonly sightings: number;
  /** States that one run reached, and those that more did, each ascending. */
  readonly once: readonly number[];
  readonly more: readonly number[];
}

/** Beyond this, states that were never seen before are not taken in: memory must not grow with the hunt. */
const STATES_MAX = 1_000_000;
const RARE_PERCENT = 2;

/** In how many runs each abstract state was reached. */
export class StateCounts {
  private readonly counts = new Map<number, number>();
  private runs = 0;
  private sightings = 0;

  /** Takes in one run, and answers how many of its states no run reached before. */
  add(states: readonly number[]): number {
    const { counts } = this;
    let fresh = 0;
    this.runs++;
    for (const state of states) {
      const count = counts.get(state) ?? 0;
      if (count === 0 && counts.size >= STATES_MAX) continue;
      if (count === 0) fresh++;
      counts.set(state, count + 1);
      this.sightings++;
    }
    return fresh;
  }

  /** As if the runs of another hunt had been among those of this one. */
  merge({ runs, sightings, once, more }: Census): void {
    this.runs += runs;
    this.sightings += sightings;
    for (const state of once) this.raise(state, 1);
    for (const state of more) this.raise(state, 2);
  }

  get census(): Census {
    const { counts, runs, sightings } = this;
    const ascending = [...counts.keys()].sort((a, b) => a - b);
    return {
      ...{ runs, sightings },
      once: ascending.filter((state) => counts.get(state) === 1),
      more: ascending.filter((state) => counts.get(state) !== 1),
    };
  }

  /** In how many runs a state was reached. */
  countOf(state: number): number {
    return this.counts.get(state) ?? 0;
  }

  /** @param reached in how many runs each `sometimes` was reached. */
  confidence(reached: Readonly<Record<string, number>>): Confidence {
    const { counts, runs, sightings } = this;
    let once = 0;
    for (const count of counts.values()) if (count === 1) once++;
    const isRare = (count: number): boolean => count > 0 && count * 100 < runs * RARE_PERCENT;
    return {
      runs,
      statesSeen: counts.size,
      statesSeenOnce: once,
      unseenPpm: sightings === 0 ? undefined : Math.round((once * 1_000_000) / sightings),
      newStatesPerHundredRuns: runs === 0 ? 0 : Math.round((once * 100) / runs),
      rare: Object.fromEntries(Object.entries(reached).filter(([, count]) => isRare(count))),
    };
  }

  private raise(state: number, by: number): void {
    const count = this.counts.get(state);
    if (count !== undefined || this.counts.size < STATES_MAX) this.counts.set(state, (count ?? 0) + by);
  }
}
