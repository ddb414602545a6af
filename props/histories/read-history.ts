import { HistoryError } from './history-error.js';
import { readJepsenEdn } from './jepsen-edn.js';
import { isJepsenLogLine, readJepsenLog } from './jepsen-log.js';
import { readJsonLines } from './json-lines.js';
import type { History, HistoryFormat, ReadOptions } from './operation.js';

const READERS: Readonly<Record<HistoryFormat, (text: string, options: ReadOptions) => History>> = {
  'json-lines': readJsonLines,
  'jepsen-edn': readJepsenEdn,
  'jepsen-log': readJepsenLog,
};

/** How many lines of a log may come before the first that tells of an operation. */
const LINES_LOOKED_AT = 10_000;

/**
 * Reads a history in whichever format its content is.
 * @throws HistoryError that names file, line and what is expected.
 */
export function readHistory(text: string, options: ReadOptions): History {
  return READERS[recogniseFormat(text, options.file)](text, options);
}

/** @throws HistoryError where it is none that is known. */
export function recogniseFormat(text: string, file: string): HistoryFormat {
  const rows = text.split('\n', LINES_LOOKED_AT);
  const first = rows.map((row) => row.trim()).find((row) => row !== '' && !row.startsWith(';')) ?? '';
  if (first === '') throw new HistoryError(file, 0, 'this is empty; expected a history');
  if (/^\ufeff?\{\s*("|$)/.test(first)) return 'json-lines';
  if (/^\ufeff?([[(]|\{\s*:|#)/.test(first) && !isJepsenLogLine(first)) return 'jepsen-edn';
  if (rows.some((row) => isJepsenLogLine(row.trimEnd()))) return 'jepsen-log';
  throw new HistoryError(
    file,
    1,
    'no history of a known format: expected JSON lines, EDN maps with :process, or log lines such as "INFO jepsen.util - 0 :invoke :read nil"',
  );
}
