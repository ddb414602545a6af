import type { Census, Confidence } from '../exploration/confidence.js';
import type { StrategyName, StrategySummary } from '../exploration/strategy.js';
import type { ScenarioReport } from './hunt.js';
import { packNumbers, unpackNumbers } from './packed-states.js';
import type { Ending, Sometimes } from './judgement.js';
import type { FailureGroup } from './reduction.js';
import type { RunSummary } from './seed-outcome.js';
import type { SeedRange } from './seed-range.js';
import type { Shard } from './shard.js';

/** Goes up when a reader of the document would have to change. */
const SCHEMA_VERSION = 1;

/** What `--json` writes for a scenario. `steps` of a run is a sum; `step` of a violation is an address, `node:step`. */
export interface HuntDocument {
  readonly schemaVersion: number;
  readonly scenario: string;
  /** `inline`, `threads` or `threads:K`. */
  readonly placement: string;
  readonly workers: number;
  /** Of the whole hunt, also where this is a shard of it. */
  readonly seeds: SeedRange;
  readonly shard?: Shard;
  /** Distinct failures with which the hunt ends; null to run all seeds. */
  readonly failuresWanted: number | null;
  /** What made it: equal for documents that can be merged. */
  readonly build: string;
  /** In the order of seeds. */
  readonly runs: readonly RunSummary[];
  /** How seeds failed, in the order in which that was met. */
  readonly groups: readonly FailureGroup[];
  readonly sometimes: Sometimes;
  /** Each `sometimes` that was never reached although enough seeds were run; judged on the whole only, never on a shard. */
  readonly missing: readonly string[];
  readonly ending: Ending;
  readonly explore: StrategyName;
  /** What can be said of what was not seen; absent where one of the shards merged did not say what it saw. */
  readonly confidence?: Confidence;
  /** Of a shard: the abstract states that it saw, for what is to be said of the whole. */
  readonly census?: PackedCensus;
  /** How the strategy fared, where it was one that learns from its runs. */
  readonly search?: StrategySummary;
}

/** A census whose states are packed: distances between ascending hashes, in base64. */
export interface PackedCensus extends Pick<Census, 'runs' | 'sightings'> {
  readonly once: string;
  readonly more: string;
}

/** Undefined where the document is damaged. */
export function unpackCensus({ runs, sightings, once, more }: PackedCensus): Census | undefined {
  const [seenOnce, seenMore] = [unpackNumbers(once), unpackNumbers(more)];
  if (seenOnce === undefined || seenMore === undefined) return undefined;
  return { runs, sightings, once: seenOnce, more: seenMore };
}

/** What is the same for all scenarios of a hunt. */
export interface HuntFrame extends Pick<HuntDocument, 'placement' | 'seeds' | 'build'> {
  readonly shard?: Shard;
  readonly failuresWanted: number;
  readonly explore?: StrategyName;
}

export function huntDocument(report: ScenarioReport, frame: HuntFrame, runs: readonly RunSummary[]): HuntDocument {
  const { scenario, workers, groups, sometimes, missing, ending, confidence, census, search } = report;
  const { placement, seeds, shard, failuresWanted, build } = frame;
  return {
    ...{ schemaVersion: SCHEMA_VERSION, scenario: scenario.name, placement, workers, seeds },
    ...(shard === undefined ? {} : { shard, census: packCensus(census) }),
    failuresWanted: Number.isFinite(failuresWanted) ? failuresWanted : null,
    ...{ build, runs, groups, sometimes, missing, ending, explore: frame.explore ?? 'swarm', confidence },
    ...(search === undefined ? {} : { search }),
  };
}

function packCensus({ runs, sightings, once, more }: Census): PackedCensus {
  return { runs, sightings, once: packNumbers(once), more: packNumbers(more) };
}
