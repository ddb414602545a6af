import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createCalendar } from '../runtime/node/calendar.js';
import type { RaftParameters } from '../protocols/raft/index.js';
import { tryConnectivity, type Timing } from '../props/raft/connectivity-trial.js';
import { CONNECTIVITY_CASES, type ConnectivityCase } from '../props/raft/partial-connectivity.js';
import { quantile } from './papers/statistics.js';

/** What `npm run bench -- connectivity --json` writes, and docs/partial-connectivity.md shows. */
interface ConnectivityDocument {
  readonly version: 1;
  readonly trials: number;
  readonly timing: Timing;
  readonly protections: readonly string[];
  readonly cases: readonly {
    readonly name: string;
    readonly describes: string;
    readonly expects: string;
    readonly found: Readonly<Record<string, Figures>>;
  }[];
}

interface Figures {
  /** In how many trials nobody worked as leader while the fault lasted. */
  readonly without: number;
  /** Of the others; null where there are none. */
  readonly medianMs: number | null;
  readonly worstMs: number | null;
  /** In how many trials others were elected after that, and how many for each trial on average. */
  readonly unstable: number;
  readonly laterElections: number;
  readonly longestGapMs: number;
  readonly reads: number;
}

/** The defaults are etcd's. */
const TIMING: Timing = { electionTimeoutMs: { min: 1000, max: 2000 }, heartbeatMs: 100 };

const PROTECTIONS: Readonly<Record<string, Partial<RaftParameters>>> = {
  all: {},
  'without preVote': { preVote: false },
  'without leaderStickiness': { leaderStickiness: false },
  'without either': { preVote: false, leaderStickiness: false },
  'without checkQuorum': { checkQuorum: false },
  'without checkDisk': { checkDisk: false },
  none: { preVote: false, leaderStickiness: false, checkQuorum: false, checkDisk: false },
};

const calendar = createCalendar();

/** `npm run bench -- connectivity`: how long a group of five is without a working leader, in simulated time: the same on every machine. */
export function benchConnectivity(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: { trials: { type: 'string', default: '40' }, json: { type: 'string' } },
  });
  const trials = Number(values.trials);
  if (!Number.isSafeInteger(trials) || trials < 1) throw new Error(`--trials ${values.trials}: give a whole number`);
  const document: ConnectivityDocument = {
    version: 1,
    trials,
    timing: TIMING,
    protections: Object.keys(PROTECTIONS),
    cases: CONNECTIVITY_CASES.map((tried) => {
      process.stderr.write(`measuring: ${tried.name}\n`);
      const found = Object.entries(PROTECTIONS).map(
        ([name, protections]) => [name, measure(tried, protections, trials)] as const,
      );
      const { name, describes, expects } = tried;
      return { name, describes, expects, found: Object.fromEntries(found) };
    }),
  };
  const text = `${JSON.stringify(document, null, 1)}\n`;
  if (values.json === undefined) process.stdout.write(text);
  else writeFileSync(values.json, text);
}

function measure(tried: ConnectivityCase, protections: Partial<RaftParameters>, trials: number): Figures {
  const results = Array.from({ length: trials }, (_, n) =>
    tryConnectivity(tried, TIMING, protections, n + 1, calendar),
  );
  const violation = results.flatMap(({ violations }) => violations)[0];
  if (violation !== undefined) throw new Error(`${tried.name}: ${violation.property}: ${violation.message}`);
  const downtimes = results.flatMap(({ downtimeMs }) => (downtimeMs === undefined ? [] : [downtimeMs]));
  const later = results.map(({ laterElections }) => laterElections);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  return {
    without: trials - downtimes.length,
    medianMs: downtimes.length === 0 ? null : Math.round(quantile(downtimes, 0.5)),
    worstMs: downtimes.length === 0 ? null : Math.round(Math.max(...downtimes)),
    unstable: later.filter((elections) => elections > 0).length,
    laterElections: sum(later) / trials,
    longestGapMs: Math.round(Math.max(...results.map(({ longestGapMs }) => longestGapMs))),
    reads: sum(results.map(({ reads }) => reads)),
  };
}
