import { z } from 'zod';
import { BadInputError } from '../artifact/bad-input.js';
import { StateCounts, type Confidence } from '../exploration/confidence.js';
import { unpackCensus, type HuntDocument } from './document.js';
import { endingOf, missingOf } from './judgement.js';
import { Reduction } from './reduction.js';
import type { RunSummary } from './seed-outcome.js';

const wholeNumber = z.int().nonnegative();
const document = z.object({
  schemaVersion: z.literal(1),
  scenario: z.string(),
  placement: z.string(),
  workers: wholeNumber,
  seeds: z.object({ first: wholeNumber, last: wholeNumber }),
  shard: z.object({ index: z.int().positive(), of: z.int().positive() }).optional(),
  failuresWanted: z.int().positive().nullable(),
  build: z.string(),
  explore: z.string(),
  runs: z.array(
    z.looseObject({
      seed: wholeNumber,
      verdict: z.enum(['passed', 'failed', 'nondeterministic', 'died']),
      steps: wholeNumber,
      simulatedMs: z.number(),
      reached: z.record(z.string(), wholeNumber),
      violations: z.array(z.looseObject({ property: z.string() })),
      failureGroup: z.string().optional(),
    }),
  ),
  groups: z.array(z.unknown()),
  sometimes: z.object({ names: z.array(z.string()), afterSeeds: wholeNumber }),
  missing: z.array(z.string()),
  census: z.object({ runs: wholeNumber, sightings: wholeNumber, once: z.string(), more: z.string() }).optional(),
  ending: z.enum(['finished', 'stopped-at-failure', 'interrupted', 'time-budget']),
});

/** A document, and the file that it came from. */
interface Part {
  readonly file: string;
  readonly document: HuntDocument;
}

/**
 * Reads the documents of a file: one, or a list of them.
 * @throws BadInputError naming the file and the field.
 */
export function readDocuments(file: string, text: string): readonly HuntDocument[] {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new BadInputError(`${file}: not JSON: ${(error as Error).message}`);
  }
  const all = Array.isArray(data) ? (data as readonly unknown[]) : [data];
  const read = z.array(document).safeParse(all);
  if (read.success) return all as readonly HuntDocument[];
  const [issue] = read.error.issues;
  const place = issue?.path.slice(1).join('.') ?? '';
  throw new BadInputError(
    `${file}: ${place}: ${issue?.message ?? 'no document'}; \`orrery hunt --json\` writes what is merged`,
  );
}

/**
 * Puts the shards of a hunt together: what comes out is what the hunt of the whole range would have written, whatever was run where.
 * @throws BadInputError where the documents are not all shards, each once, of one hunt.
 */
export function mergeDocuments(
  files: readonly { readonly file: string; readonly documents: readonly HuntDocument[] }[],
): readonly HuntDocument[] {
  const parts = files.flatMap(({ file, documents }) => documents.map((one) => ({ file, document: one })));
  const scenarios = new Set(parts.map((part) => part.document.scenario));
  return [...scenarios].map((scenario) => mergeScenario(parts.filter((part) => part.document.scenario === scenario)));
}

function mergeScenario(parts: readonly Part[]): HuntDocument {
  requireSameHunt(parts);
  requireEachShardOnce(parts);
  const { shard: _shard, census: _census, confidence: _confidence, ...whole } = parts[0]!.document;
  const runs: RunSummary[] = [];
  const reduction = new Reduction(whole.seeds, whole.failuresWanted ?? Infinity, ({ run }) => runs.push(run));
  for (const { document: one } of parts) for (const run of one.runs) reduction.add({ run });
  reduction.flush();
  const ending = endingOf(
    reduction,
    whole.seeds,
    parts.some((part) => part.document.ending === 'time-budget'),
  );
  const workers = parts.reduce((sum, part) => sum + part.document.workers, 0);
  const missing = missingOf(whole.sometimes, reduction, ending);
  const confidence = parts.length === 1 ? parts[0]!.document.confidence : confidenceOf(parts, reduction.reached);
  return {
    ...{ ...whole, workers, runs, groups: reduction.groups, missing, ending },
    ...(confidence === undefined ? {} : { confidence }),
  };
}

/** Of all runs of the shards, those that came after the last failure wanted included. */
function confidenceOf(parts: readonly Part[], reached: Readonly<Record<string, number>>): Confidence | undefined {
  const counts = new StateCounts();
  for (const { file, document: one } of parts) {
    if (one.census === undefined) return undefined;
    const census = unpackCensus(one.census);
    if (census === undefined) {
      throw new BadInputError(`${file}: ${one.scenario}: census: these are no states; hunt that shard again`);
    }
    counts.merge(census);
  }
  return counts.confidence(reached);
}

function requireSameHunt([first, ...others]: readonly Part[]): void {
  const told = ({ document: one }: Part): Readonly<Record<string, unknown>> => ({
    ...{ placement: one.placement, seeds: one.seeds, build: one.build, sometimes: one.sometimes },
    explore: one.explore,
    ...{ strategy: one.explore, 'distinct failures': one.failuresWanted, shards: one.shard?.of ?? 1 },
  });
  const expected = told(first!);
  for (const part of others) {
    const found = told(part);
    for (const name of Object.keys(expected)) {
      const [here, there] = [JSON.stringify(expected[name]), JSON.stringify(found[name])];
      if (here === there) continue;
      throw new BadInputError(
        `${part.file}: ${part.document.scenario}: ${name} ${there}, but ${here} in ${first!.file}; merge shards of one hunt only`,
      );
    }
  }
}

function requireEachShardOnce(parts: readonly Part[]): void {
  const of = parts[0]!.document.shard?.of ?? 1;
  const fileOf = new Map<number, string>();
  for (const { file, document: one } of parts) {
    const index = one.shard?.index ?? 1;
    const before = fileOf.get(index);
    if (before !== undefined) {
      throw new BadInputError(`${file}: ${one.scenario}: shard ${index}/${of} is in ${before} already; give each once`);
    }
    fileOf.set(index, file);
  }
  const absent = Array.from({ length: of }, (_, n) => n + 1).filter((index) => !fileOf.has(index));
  if (absent.length === 0) return;
  const list = absent
    .slice(0, 10)
    .map((index) => `${index}/${of}`)
    .join(', ');
  const more = absent.length > 10 ? ` and ${absent.length - 10} more` : '';
  throw new BadInputError(`${parts[0]!.document.scenario}: shards ${list}${more} are missing; give all of them`);
}
