import { readLimited } from '../sim/artifact/limited-file.js';
import type { HuntDocument } from '../sim/hunt/document.js';
import { mergeDocuments, readDocuments } from '../sim/hunt/merge-documents.js';
import { Reduction } from '../sim/hunt/reduction.js';
import { exitCodeOf } from './exit-code.js';
import type { HuntFlags } from './hunt-flags.js';
import { reportFailure, reportScenario } from './hunt-report.js';
import { writeDocuments } from './hunt-run.js';
import { processOutput, type Output } from './output.js';
import { checkOutputFile } from './output-path.js';
import { UsageError } from './usage-error.js';

const BYTES_MAX = 500_000_000;

/** Beyond these, failures are counted but no longer told one by one. */
const FAILURES_TOLD_MAX = 20;

/** `orrery hunt --merge`; answers the exit code that the hunt of the whole range would have. */
export function runMerge(names: readonly string[], files: readonly string[], flags: HuntFlags): number {
  if (names.length > 0) {
    throw new UsageError(
      `--merge ${files.join(' ')}: the documents name their scenarios; leave ${names.join(' ')} out`,
    );
  }
  checkOutputFile('--json', flags.json);
  const output = processOutput(flags.json === '-');
  const read = files.map((file) => ({ file, documents: readDocuments(file, readLimited(file, BYTES_MAX)) }));
  const merged = mergeDocuments(read);
  for (const one of merged) report(output, one);
  if (flags.json !== undefined) writeDocuments(flags.json, merged.length === 1, merged);
  const has = (verdicts: readonly string[]): boolean =>
    merged.some(({ runs }) => runs.some(({ verdict }) => verdicts.includes(verdict)));
  return exitCodeOf({
    nondeterministic: has(['nondeterministic']),
    failed: has(['failed', 'died']),
    vacuous: merged.some(({ missing }) => missing.length > 0),
    interrupted: merged.some(({ ending }) => ending === 'interrupted'),
  });
}

function report(
  output: Output,
  { scenario, workers, seeds, runs, groups, missing, ending, confidence, ...rest }: HuntDocument,
): void {
  const sum = new Reduction(seeds, Infinity, () => undefined);
  for (const run of runs) sum.add({ run });
  sum.flush();
  const { totals, reached } = sum;
  const failures = runs.filter(({ verdict }) => verdict !== 'passed');
  for (const run of failures.slice(0, FAILURES_TOLD_MAX)) reportFailure(output, { name: scenario }, run, undefined);
  if (failures.length > FAILURES_TOLD_MAX)
    output.print(`and ${failures.length - FAILURES_TOLD_MAX} seeds more that failed`);
  if (failures.length > 0) output.note('artifacts are where the shards ran, in the folders of their --out');
  const told = { name: scenario, workers, totals, groups, reached, missing, ending };
  const believed = confidence === undefined ? {} : { confidence };
  reportScenario(output, { ...told, ...believed }, rest.failuresWanted ?? Infinity);
}
