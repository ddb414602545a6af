import type { Plain, PlainObject } from '../../runtime/data.js';
import { EdnReader } from './edn-reader.js';
import { HistoryError } from './history-error.js';
import { bareWord, bareWords, keyOf, splitPair } from './jepsen-values.js';
import type { History, HistoryEvent, ReadOptions } from './operation.js';
import { pairEvents } from './pair-events.js';

const TYPES: ReadonlySet<string> = new Set([':invoke', ':ok', ':fail', ':info']);
const EXPECTED = 'expected a map such as {:process 0, :type :invoke, :f :read, :value nil}';
const READS: ReadonlySet<string> = new Set(['read', 'get', 'dequeue', 'holder', 'acquire']);

/**
 * Reads a history of Jepsen or Knossos: maps with `:process :type :f :value` and perhaps `:key` and `:time` (nanoseconds), one after
 * another or in one vector or list. Porcupine's key-value logs are of this kind too. `:fail` did not take place. A read that is `:ok` with nil
 * has an unknown value, unless `nil: 'value'` says otherwise.
 * @throws HistoryError
 */
export function readJepsenEdn(text: string, options: ReadOptions): History {
  return { format: 'jepsen-edn', operations: pairEvents(eventsOf(text, options), options.file) };
}

function* eventsOf(text: string, options: ReadOptions): Generator<HistoryEvent> {
  const reader = new EdnReader(text, options.file);
  if (!reader.hasNext()) return;
  const opener = reader.peek();
  const closer = opener === '[' ? ']' : opener === '(' ? ')' : undefined;
  if (closer !== undefined) reader.take(opener);
  while (reader.hasNext(closer)) {
    const { line } = reader;
    yield eventOf(reader.read(), line, options);
  }
  if (closer === undefined) return;
  reader.take(closer);
  if (reader.hasNext()) throw new HistoryError(options.file, reader.line, `more text after the closing ${closer}`);
}

function eventOf(form: Plain, line: number, options: ReadOptions): HistoryEvent {
  if (typeof form !== 'object' || form === null || Array.isArray(form)) {
    throw new HistoryError(options.file, line, `${EXPECTED}, not ${JSON.stringify(form).slice(0, 80)}`);
  }
  const fields = form as PlainObject;
  const type = fields[':type'];
  const process = fields[':process'];
  if (typeof type !== 'string' || !TYPES.has(type)) {
    throw new HistoryError(
      options.file,
      line,
      `:type is ${JSON.stringify(type ?? null)}; expected :invoke, :ok, :fail or :info`,
    );
  }
  if (typeof process !== 'number' && typeof process !== 'string') {
    throw new HistoryError(
      options.file,
      line,
      `:process is ${JSON.stringify(process ?? null)}; expected a number or a keyword`,
    );
  }
  const f = fields[':f'];
  if (typeof f !== 'string') throw new HistoryError(options.file, line, `:f is missing; ${EXPECTED}`);
  const time = fields[':time'];
  return {
    process: typeof process === 'number' ? process : bareWord(process),
    type: type.slice(1) as HistoryEvent['type'],
    f: bareWord(f),
    ...keyAndValue(fields, type, options, line),
    ...(typeof time === 'number' ? { timeMs: time / 1_000_000 } : {}),
    line,
  };
}

function keyAndValue(
  fields: PlainObject,
  type: string,
  { nil = 'unknown', isIndependent = false, file }: ReadOptions,
  line: number,
): Pick<HistoryEvent, 'key' | 'value'> {
  const told = bareWords(fields[':value'] ?? null);
  const [key, value] = isIndependent ? splitPair(told, file, line) : [keyOf(fields[':key']), told];
  if (type !== ':ok' || nil === 'value') return { key, value };
  const f = bareWord(String(fields[':f']));
  if (f === 'txn' && Array.isArray(value)) return { key, value: (value as readonly Plain[]).map(withoutNil) };
  return { key, value: value === null && READS.has(f) ? undefined : value };
}

/** A read within a transaction whose value is not known has none. */
function withoutNil(step: Plain): Plain {
  return Array.isArray(step) && step.length === 3 && step[2] === null ? (step.slice(0, 2) as readonly Plain[]) : step;
}
