import { copyPlain, type Plain } from '../../data.js';
import type { ObservedRecord } from '../../observation.js';
import { t } from '../../schema.js';

export const JOURNAL_FORMAT = 1;

/** First line of each life of a node, and of each file. */
export interface JournalHeader {
  readonly kind: 'header';
  readonly format: number;
  readonly node: string;
  readonly incarnation: number;
  readonly zoneDataVersion: string;
  readonly startedWallMs: number;
}

const recordType = t.object({
  kind: t.oneOf('observation'),
  node: t.string,
  incarnation: t.int,
  step: t.int,
  atUs: t.int,
  actor: t.string,
  lamport: t.int,
  observation: {
    describes: 'an observation',
    check: (value, path) =>
      typeof (value as { type?: unknown } | null)?.type === 'string' ? undefined : `${path}.type: expected a string`,
  },
});

const headerType = t.object({
  kind: t.oneOf('header'),
  format: t.int,
  node: t.string,
  incarnation: t.int,
  zoneDataVersion: t.string,
  startedWallMs: t.number,
});

export function encodeHeader(header: Omit<JournalHeader, 'kind' | 'format'>): string {
  return `${JSON.stringify({ kind: 'header', format: JOURNAL_FORMAT, ...header })}\n`;
}

export function encodeRecord(record: ObservedRecord): string {
  return `${JSON.stringify({ kind: 'observation', ...record, observation: toJson(record.observation) })}\n`;
}

/** What the journal of one node holds, oldest first. */
export interface Journal {
  readonly headers: readonly JournalHeader[];
  readonly records: readonly ObservedRecord[];
  /** Bytes of an unfinished last line, which a crash can leave behind. */
  readonly tornBytes: number;
}

export class JournalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JournalError';
  }
}

/** Reads the text of a journal. Throws JournalError with file and line where a whole line is damaged. */
export function parseJournal(text: string, file: string): Journal {
  const end = text.lastIndexOf('\n') + 1;
  const headers: JournalHeader[] = [];
  const records: ObservedRecord[] = [];
  let line = 0;
  for (let at = 0; at < end;) {
    const next = text.indexOf('\n', at);
    parseLine(text.slice(at, next), `${file}:${++line}`, headers, records);
    at = next + 1;
  }
  return { headers, records, tornBytes: new TextEncoder().encode(text.slice(end)).length };
}

function parseLine(line: string, place: string, headers: JournalHeader[], records: ObservedRecord[]): void {
  const value = parseJson(line, place);
  const isHeader = (value as { kind?: unknown } | null)?.kind === 'header';
  const fault = (isHeader ? headerType : recordType).check(value, '$');
  if (fault !== undefined) throw new JournalError(`${place}: ${fault}; the journal is damaged here`);
  if (isHeader) {
    const header = value as JournalHeader;
    if (header.format !== JOURNAL_FORMAT) {
      throw new JournalError(`${place}: journal format ${header.format}; this release reads ${JOURNAL_FORMAT}`);
    }
    headers.push(header);
    return;
  }
  const { kind: _, ...record } = value as ObservedRecord & { kind: string };
  records.push({ ...record, observation: fromJson(record.observation, place) as ObservedRecord['observation'] });
}

function parseJson(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new JournalError(`${place}: not JSON; the journal is damaged here`);
  }
}

/** Bytes become `{ "$bytes": base64 }`; a key that begins with `$` gets one more, so that the two cannot be confused. */
function toJson(value: Plain): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map((item: Plain) => toJson(item));
  if (typeof value !== 'object' || value === null) return value;
  const json: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value))
    json[key.startsWith('$') ? `$${key}` : key] = toJson(field as Plain);
  return json;
}

function fromJson(json: unknown, place: string): Plain {
  if (Array.isArray(json)) return json.map((item) => fromJson(item, place));
  if (typeof json !== 'object' || json === null) return copyPlain(json as Plain);
  const bytes = (json as { $bytes?: unknown }).$bytes;
  if (typeof bytes === 'string') return new Uint8Array(Buffer.from(bytes, 'base64'));
  const value: Record<string, Plain> = {};
  for (const [key, field] of Object.entries(json))
    value[key.startsWith('$$') ? key.slice(1) : key] = fromJson(field, place);
  return value;
}
