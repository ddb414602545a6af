import type { ScenarioReport } from './hunt.js';
import type { RunSummary } from './seed-outcome.js';

/** Goes up when a reader of the document would have to change. */
const SCHEMA_VERSION = 1;

/** What `--json` writes for a scenario. `steps` of a run is a sum; `step` of a violation is an address, `node:step`. */
export interface HuntDocument {
  readonly schemaVersion: number;
  readonly scenario: string;
  /** `inline`, `threads` or `threads:K`. */
  readonly placement: string;
  readonly workers: number;
  /** In the order of seeds. */
  readonly runs: readonly RunSummary[];
  /** Each `sometimes` that was never reached although enough seeds were run. */
  readonly missing: readonly string[];
  readonly ending: ScenarioReport['ending'];
}

export function huntDocument(report: ScenarioReport, placement: string, runs: readonly RunSummary[]): HuntDocument {
  const { scenario, workers, missing, ending } = report;
  return { schemaVersion: SCHEMA_VERSION, scenario: scenario.name, placement, workers, runs, missing, ending };
}
