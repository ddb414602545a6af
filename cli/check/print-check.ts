import { describeOperation } from '../../props/linearizability/index.js';
import { formatCount, formatDuration, formatNumber, renderTable, type Output } from '../output.js';
import type { CheckedHistory } from './checked-history.js';

/** So many refusals are told at length; the table has a line for each. */
const TOLD_MAX = 3;
const REASONS_MAX = 4;

const HEADS = ['history', 'verdict', 'operations', 'open', 'parts', 'steps', 'time', 'cannot be explained'];
const NUMBERS = [2, 3, 4, 5, 6];

/** A table of all histories, then why the first of the illegal ones are so, then the sum. */
export function printChecked(output: Output, checked: readonly CheckedHistory[]): void {
  output.print(
    renderTable(
      output,
      HEADS,
      checked.map((one) => rowOf(output, one)),
      NUMBERS,
    ),
  );
  const illegal = checked.filter(({ result }) => result.verdict === 'illegal');
  for (const one of illegal.slice(0, TOLD_MAX)) tellWhy(output, one);
  if (illegal.length > TOLD_MAX)
    output.print(`… and ${illegal.length - TOLD_MAX} more; --json and --picture tell of all`);
  output.print(sum(checked));
}

function rowOf({ colours }: Output, { file, result, wallMs }: CheckedHistory): readonly string[] {
  const { verdict, operations, openOperations, parts, steps, counterexample, unknownBecause } = result;
  const colour = { legal: colours.green, illegal: colours.red, unknown: colours.yellow }[verdict];
  const { culprit } = counterexample ?? {};
  const told = culprit === undefined ? '' : `line ${culprit.line}: ${describeOperation(culprit)}`;
  return [
    file,
    colour(verdict),
    ...[operations, openOperations, parts.length, steps].map(formatNumber),
    formatDuration(wallMs),
    unknownBecause === undefined ? told : `out of ${unknownBecause}`,
  ];
}

function tellWhy(output: Output, { file, result: { counterexample, explanation } }: CheckedHistory): void {
  if (explanation !== undefined) output.print(`\n${file}: ${explanation}`);
  if (counterexample === undefined) return;
  const { culprit, prefix, states, refusals, key } = counterexample;
  output.print('');
  output.print(
    `${file}:${culprit.line}: process ${culprit.process}: ${output.colours.red(describeOperation(culprit))} is explained by no order` +
      (key === null ? '' : ` of the operations on ${key}`),
  );
  const ends = states.length === 1 ? 'the state' : 'the states';
  output.print(
    `  up to its return ${formatCount(prefix.length, 'operation')} can be put in order; such orders end in ${ends} ${states.join(' | ')}`,
  );
  for (const { reason } of refusals.slice(0, REASONS_MAX)) output.print(`  ${reason}`);
  if (refusals.length > REASONS_MAX) output.print(`  … ${refusals.length - REASONS_MAX} more`);
}

function sum(checked: readonly CheckedHistory[]): string {
  const count = (verdict: string): number => checked.filter(({ result }) => result.verdict === verdict).length;
  const [legal, illegal, unknown] = [count('legal'), count('illegal'), count('unknown')];
  const wallMs = checked.reduce((total, one) => total + one.wallMs, 0);
  const told = [`${legal} legal`, `${illegal} illegal`, ...(unknown > 0 ? [`${unknown} undecided`] : [])];
  return `${checked.length === 1 ? '1 history' : `${checked.length} histories`}: ${told.join(', ')}, in ${formatDuration(wallMs)}`;
}
