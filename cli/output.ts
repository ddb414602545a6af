import Table from 'cli-table3';
import pc from 'picocolors';

/** What a command prints to: its results on stdout, the rest on stderr; colours and frames on a terminal only. */
export interface Output {
  readonly isTerminal: boolean;
  readonly colours: ReturnType<typeof pc.createColors>;
  print(line: string): void;
  /** For whoever watches: not part of the result. */
  note(line: string): void;
}

/** @param resultsToStderr stdout is taken by a document. */
export function processOutput(resultsToStderr = false): Output {
  const results = resultsToStderr ? process.stderr : process.stdout;
  const isTerminal = results.isTTY === true;
  const wantsColours = isTerminal && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb';
  return {
    isTerminal,
    colours: pc.createColors(wantsColours),
    print: (line) => void results.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  };
}

const NO_LINES_BETWEEN_ROWS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** A framed table on a terminal, lines of tab-separated fields elsewhere. */
export function renderTable(
  output: Output,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string {
  if (!output.isTerminal) return [heads, ...rows].map((row) => row.join('\t')).join('\n');
  const table = new Table({
    head: heads.map((head) => output.colours.bold(head)),
    style: { head: [], border: [] },
    chars: NO_LINES_BETWEEN_ROWS,
    colAligns: heads.map((_, index) => (rightAligned.includes(index) ? 'right' : 'left')),
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** `12 ms`, `3.4 s`, `5 min 20 s`, `3 h 10 min`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `1,234`, `12.3`, `0.45`: three digits that mean something. */
export function formatNumber(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}

/** `1 seed`, `2 seeds`. */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}
