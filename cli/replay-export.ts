import { writeFileSync } from 'node:fs';
import { eventsOf, inSpecifiedTerms, linesOf, RaftModel } from '../props/raft/model/index.js';
import type { GuardedResult } from '../sim/hunt/placed-run.js';
import { formatCount, type Output } from './output.js';
import { UsageError } from './usage-error.js';

const FORMAT = 'etcd-raft';

/** @throws UsageError where anything else than a known format and a file was given. */
export function fileOfExport(given: readonly string[]): string {
  const [format, file, ...rest] = given;
  if (format !== FORMAT || file === undefined || rest.length > 0) {
    throw new UsageError(
      `--export ${given.join(' ')}: give a format and a file, as the last option: --export ${FORMAT} FILE`,
    );
  }
  return file;
}

/** Writes the event stream of Raft's members, and says whether the executable model follows it. */
export function exportEvents(output: Output, file: string, scenario: string, { result }: GuardedResult): void {
  const events = inSpecifiedTerms(eventsOf(result.narration ?? []));
  if (events.length === 0) {
    throw new UsageError(
      `--export ${FORMAT}: no member of Raft did anything in ${scenario}; take a scenario with Raft`,
    );
  }
  const lines = linesOf(events);
  if (file === '-') process.stdout.write(lines);
  else writeFileSync(file, lines);
  const model = new RaftModel();
  let refusal: string | undefined;
  for (const event of events) {
    refusal = model.accept(event);
    if (refusal !== undefined) break;
  }
  const verdict = refusal === undefined ? 'the model accepts every step' : `the model refuses ${refusal}`;
  output.note(`events    ${file}: ${formatCount(events.length, 'event')}; ${verdict}`);
}
