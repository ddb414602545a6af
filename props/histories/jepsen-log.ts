import type { Plain } from '../../runtime/data.js';
import { EdnReader } from './edn-reader.js';
import { HistoryError } from './history-error.js';
import { bareWord, bareWords, splitPair } from './jepsen-values.js';
import type { History, HistoryEvent, ReadOptions } from './operation.js';
import { pairEvents } from './pair-events.js';

/** `INFO  jepsen.util - 3	:invoke	:cas	[1 2]`; in a history.txt without what stands before the process. */
const EVENT = /^(?:.*\bjepsen\.util\s+-?\s*)?(:?[\w-]+)\s+:(invoke|ok|fail|info)\s+:([\w-]+)\s*(.*)$/;
const OF_JEPSEN = /\bjepsen\.util\s+-\s/;

/** Whether a line tells of an operation. */
export function isJepsenLogLine(line: string): boolean {
  return EVENT.test(line);
}

/**
 * Reads what Jepsen logs of a test: `PROCESS :invoke|:ok|:fail|:info :F VALUE [ERROR]` on lines of their own, with or without `INFO jepsen.util -` before
 * it; other lines are passed over. nil is a value. A compare-and-set that failed is a result: the comparison said no. Any other
 * failure, and one that tells of an error, says nothing.
 * @throws HistoryError
 */
export function readJepsenLog(text: string, options: ReadOptions): History {
  return { format: 'jepsen-log', operations: pairEvents(eventsOf(text, options), options.file) };
}

function* eventsOf(text: string, options: ReadOptions): Generator<HistoryEvent> {
  let line = 0;
  let isEmpty = true;
  for (const row of text.split('\n')) {
    line++;
    const match = EVENT.exec(row.trimEnd());
    if (match !== null) {
      isEmpty = false;
      yield eventOf(match, line, options);
    } else if (OF_JEPSEN.test(row)) {
      throw new HistoryError(
        options.file,
        line,
        'expected PROCESS :invoke|:ok|:fail|:info :F VALUE after "jepsen.util -"',
      );
    }
  }
  if (isEmpty) throw new HistoryError(options.file, 0, 'no line tells of an operation');
}

function eventOf(match: RegExpExecArray, line: number, options: ReadOptions): HistoryEvent {
  const [, process = '', type = '', f = '', rest = ''] = match;
  const values = formsOf(rest, line, options.file);
  const isRefusal = type === 'fail' && f === 'cas' && values.length === 1 && Array.isArray(values[0]);
  const told = values[0] ?? null;
  const [key, value] = options.isIndependent === true ? splitPair(told, options.file, line) : [null, told];
  const isUnknown = type === 'ok' && value === null && options.nil === 'unknown';
  return {
    process: /^\d+$/.test(process) ? Number(process) : bareWord(process),
    type: isRefusal ? 'ok' : (type as HistoryEvent['type']),
    ...{ f, key, line },
    value: isRefusal ? false : isUnknown ? undefined : value,
  };
}

function formsOf(text: string, line: number, file: string): readonly Plain[] {
  const reader = new EdnReader(text, file, line);
  const forms: Plain[] = [];
  while (reader.hasNext()) forms.push(bareWords(reader.read()));
  return forms;
}
