import { isPlain, type Plain } from '../../runtime/data.js';
import { HistoryError } from './history-error.js';
import type { History, HistoryEvent, ReadOptions } from './operation.js';
import { pairEvents } from './pair-events.js';

const TYPES: ReadonlySet<unknown> = new Set(['invoke', 'ok', 'fail', 'info']);
const FIELDS: ReadonlySet<string> = new Set(['process', 'type', 'f', 'key', 'value', 'timeMs', 'note']);
const HEADER_FIELDS: ReadonlySet<string> = new Set(['history', 'model', 'initial', 'note']);
const VERSION = 1;
const EXPECTED = 'expected an event such as {"process":0,"type":"invoke","f":"write","key":"x","value":3}';

type Fields = Readonly<Record<string, unknown>>;

interface Header {
  readonly model?: string;
  readonly initial?: Plain;
}

/**
 * Reads our own format: one JSON object on each line, in the order in which the events took place. The first line may be a header,
 * `{"history":1,"model":"kv","initial":…}`. An event has `process` (a number or a text), `type` (`invoke`, `ok`, `fail`, `info`), `f`, and perhaps
 * `key`, `value` (of `invoke` the argument, of `ok` the result: left out where it is not known), `timeMs` and `note`. `ok` with the value
 * false is a refusal: a comparison that said no, a lock that somebody else held.
 * @throws HistoryError
 */
export function readJsonLines(text: string, options: ReadOptions): History {
  const { file } = options;
  let header: Header = {};
  function* events(): Generator<HistoryEvent> {
    let line = 0;
    let isFirst = true;
    for (const row of text.split('\n')) {
      line++;
      if (row.trim() === '') continue;
      const fields = parseLine(row, line, file);
      if (isFirst && 'history' in fields) header = headerOf(fields, line, file);
      else yield eventOf(fields, line, options);
      isFirst = false;
    }
  }
  const operations = pairEvents(events(), file);
  return { format: 'json-lines', operations, ...header };
}

function parseLine(row: string, line: number, file: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(row.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new HistoryError(
      file,
      line,
      `this is no JSON (${error instanceof Error ? error.message : String(error)}); ${EXPECTED}`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new HistoryError(file, line, EXPECTED);
  return value as Fields;
}

function headerOf(fields: Fields, line: number, file: string): Header {
  requireKnown(fields, HEADER_FIELDS, line, file);
  const { history, model, initial } = fields;
  if (history !== VERSION) {
    throw new HistoryError(file, line, `"history" is ${JSON.stringify(history)}; this build reads version ${VERSION}`);
  }
  if (model !== undefined && typeof model !== 'string')
    throw new HistoryError(file, line, '"model" must be the name of a model');
  return {
    ...(model === undefined ? {} : { model }),
    ...(initial === undefined ? {} : { initial: plainOf(initial, 'initial', line, file) }),
  };
}

function eventOf(fields: Fields, line: number, { file, nil, isIndependent = false }: ReadOptions): HistoryEvent {
  requireKnown(fields, FIELDS, line, file);
  if (isIndependent)
    throw new HistoryError(file, line, '--independent is for histories of Jepsen; here a key is named by "key"');
  const { process, type, f, timeMs } = fields;
  if (!isProcess(process)) {
    throw new HistoryError(file, line, `"process" is ${JSON.stringify(process)}; expected a whole number or a text`);
  }
  if (!TYPES.has(type)) {
    throw new HistoryError(file, line, `"type" is ${JSON.stringify(type)}; expected "invoke", "ok", "fail" or "info"`);
  }
  if (typeof f !== 'string' || f === '')
    throw new HistoryError(file, line, `"f" is ${JSON.stringify(f)}; expected the name of an operation`);
  if (timeMs !== undefined && typeof timeMs !== 'number')
    throw new HistoryError(file, line, '"timeMs" must be a number');
  return {
    ...{ process, f, line, type: type as HistoryEvent['type'] },
    key: keyOf(fields['key'], line, file),
    value: valueOf(fields['value'], type === 'ok' && nil === 'unknown', line, file),
    ...(timeMs === undefined ? {} : { timeMs }),
  };
}

function requireKnown(fields: Fields, known: ReadonlySet<string>, line: number, file: string): void {
  const stranger = Object.keys(fields).find((name) => !known.has(name));
  if (stranger === undefined) return;
  throw new HistoryError(
    file,
    line,
    `an unknown field ${JSON.stringify(stranger)}; known are ${[...known].join(', ')}`,
  );
}

function isProcess(value: unknown): value is number | string {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

function keyOf(value: unknown, line: number, file: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new HistoryError(file, line, `"key" is ${JSON.stringify(value).slice(0, 80)}; expected a text or a number`);
}

function valueOf(value: unknown, isNilUnknown: boolean, line: number, file: string): Plain | undefined {
  if (value === undefined || (isNilUnknown && value === null)) return undefined;
  return plainOf(value, 'value', line, file);
}

function plainOf(value: unknown, name: string, line: number, file: string): Plain {
  const tidy = Object.is(value, -0) ? 0 : value;
  if (isPlain(tidy)) return tidy;
  throw new HistoryError(file, line, `"${name}" is nested too deeply, or holds -0 or a broken text`);
}
