import { writeFileSync } from 'node:fs';
import { UsageError } from '../usage-error.js';
import type { Mutation } from './corpus.js';

/** Those of the names given, or all. @throws UsageError for a name that is none of theirs. */
export function selectBugs<B extends Mutation>(bugs: readonly B[], only: readonly string[] | undefined): readonly B[] {
  if (only === undefined) return bugs;
  const unknown = only.find((name) => !bugs.some((bug) => bug.name === name));
  if (unknown !== undefined)
    throw new UsageError(`no planted bug is named ${unknown}; orrery mutants --list names them all`);
  return bugs.filter((bug) => only.includes(bug.name));
}

export function writeDocument(file: string, bugs: readonly object[]): void {
  const document = `${JSON.stringify({ version: 1, bugs }, null, 2)}\n`;
  if (file === '-') process.stdout.write(document);
  else writeFileSync(file, document);
}
