import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  CONFIGURATIONS,
  countFalsePositives,
  measureDetectionTimes,
  type DetectionTimes,
  type FalsePositives,
  type StressCell,
} from './lifeguard.js';
import { measureDowntimes, type Downtimes } from './raft-elections.js';
import { measureDetection, measureLoad, measureProbeGaps, type Detection, type Load, type ProbeGaps } from './swim.js';

/** What `npm run bench -- papers --json` writes, and docs/papers.md shows. */
interface PapersDocument {
  readonly version: 1;
  readonly swim: { readonly detection: Detection; readonly gaps: readonly ProbeGaps[]; readonly load: readonly Load[] };
  readonly lifeguard: {
    readonly members: number;
    readonly seeds: number;
    readonly cells: readonly (Omit<StressCell, 'members'> & {
      /** By configuration, for each seed. */
      readonly found: Readonly<Record<string, readonly FalsePositives[]>>;
    })[];
    readonly detection: Readonly<Record<string, DetectionTimes>>;
  };
  readonly raft: readonly Downtimes[];
}

const LIFEGUARD_MEMBERS = 32;
const CELLS = [2, 4, 8].flatMap((stressed) =>
  [8192, 16_384, 32_768].map((blockedMs) => ({ stressed, blockedMs, runMs: 500 })),
);
/** Each cell of the stress is measured so often. */
const SEEDS = [1, 2, 3, 4, 5] as const;
const RANGES = [
  [150, 150],
  [150, 151],
  [150, 155],
  [150, 175],
  [150, 200],
  [150, 300],
  [12, 24],
  [25, 50],
  [50, 100],
  [100, 200],
] as const;

type Section = 'swim' | 'lifeguard' | 'raft';
const SECTIONS: readonly string[] = ['swim', 'lifeguard', 'raft'] satisfies Section[];

/**
 * `npm run bench -- papers [SECTION…]`: what the papers measured, measured in simulated time on the actors of this project. Sections that are not
 * asked for stay in the file as they are.
 */
export function benchPapers(args: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { trials: { type: 'string', default: '300' }, json: { type: 'string' } },
    allowPositionals: true,
  });
  const trials = Number(values.trials);
  if (!Number.isSafeInteger(trials) || trials < 20)
    throw new Error(`--trials ${values.trials}: give a whole number from 20`);
  const unknown = positionals.find((name) => !SECTIONS.includes(name));
  if (unknown !== undefined) throw new Error(`papers ${unknown}: unknown; known are ${SECTIONS.join(', ')}`);
  const isAsked = (name: Section): boolean => positionals.length === 0 || positionals.includes(name);
  const { json } = values;
  const before =
    json !== undefined && existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as PapersDocument) : undefined;
  const tell = (what: string): void => void process.stderr.write(`measuring: ${what}\n`);
  const document = {
    ...before,
    version: 1,
    ...(isAsked('swim') ? { swim: measureSwim(trials, tell) } : {}),
    ...(isAsked('lifeguard') ? { lifeguard: measureLifeguard(trials, tell) } : {}),
    ...(isAsked('raft') ? { raft: measureRaft(trials, tell) } : {}),
  };
  const text = `${JSON.stringify(document, null, 1)}\n`;
  if (json === undefined) process.stdout.write(text);
  else writeFileSync(json, text);
}

function measureRaft(trials: number, tell: (what: string) => void): readonly Downtimes[] {
  return RANGES.map(([minMs, maxMs]) => {
    tell(`Raft, figure 16: ${minMs} to ${maxMs} ms`);
    // Where elections take seconds each trial does, too; the paper made as many.
    return measureDowntimes({ minMs, maxMs }, maxMs - minMs <= 1 ? Math.ceil(trials / 10) : trials);
  });
}

function measureSwim(trials: number, tell: (what: string) => void): PapersDocument['swim'] {
  tell(`SWIM: the first detection, ${trials} times`);
  const detection = measureDetection(32, trials);
  tell('SWIM: the order of probing, and the load');
  return {
    detection,
    gaps: [4, 8, 16].map((members) => measureProbeGaps(members, 2000)),
    load: [10, 100, 1000].map(measureLoad),
  };
}

function measureLifeguard(trials: number, tell: (what: string) => void): PapersDocument['lifeguard'] {
  const members = LIFEGUARD_MEMBERS;
  const cells = CELLS.map((cell) => {
    tell(`Lifeguard: ${cell.stressed} members blocked for ${cell.blockedMs} ms at a time`);
    const found = Object.entries(CONFIGURATIONS).map(
      ([name, options]) =>
        [name, SEEDS.map((seed) => countFalsePositives({ members, ...cell }, options, seed))] as const,
    );
    return { ...cell, found: Object.fromEntries(found) };
  });
  tell('Lifeguard: how long a crash stays unfound');
  const names = ['SWIM', 'Lifeguard', 'Lifeguard, alpha 4'] as const;
  const detection = measureDetectionTimes(100, names, Math.ceil(trials / 10));
  return { members, seeds: SEEDS.length, cells, detection };
}
