import { crc32 } from 'node:zlib';
import { copyPlain, type Plain } from '../../data.js';
import type { ObservedRecord } from '../../observation.js';
import { t } from '../../schema.js';

export const JOURNAL_FORMAT = 2;
/** Its lines carry no checksum. Read, never written. */
const UNSEALED_FORMAT = 1;

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
  return seal(JSON.stringify({ kind: 'header', format: JOURNAL_FORMAT, ...header }));
}

export function encodeRecord(record: ObservedRecord): string {
  return seal(JSON.stringify({ kind: 'observation', ...record, observation: toJson(record.observation) }));
}

const SEAL = /^,"crc32":"[0-9a-f]{8}"\}$/;
const SEAL_LENGTH = ',"crc32":"00000000"}'.length;

/** The line of an object: its last field is the CRC-32, in hexadecimal, of all that stands before that field. */
function seal(json: string): string {
  const body = json.slice(0, -1);
  return `${body},"crc32":"${checksumOf(body)}"}\n`;
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
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
  const lines = new SealedLines(file);
  for (let at = 0; at < end;) {
    const next = text.indexOf('\n', at);
    const json = lines.take(text.slice(at, next));
    if (isHeaderLine(json)) headers.push(parseHeader(json, lines.place));
    else records.push(parseRecord(json, lines.place));
    at = next + 1;
  }
  return { headers, records, tornBytes: new TextEncoder().encode(text.slice(end)).length };
}

/** The lines of one file, in their order: breaks the seal of each. */
export class SealedLines {
  private number = 0;
  private format = JOURNAL_FORMAT;

  constructor(private readonly file: string) {}

  /** File and number of the line taken last. */
  get place(): string {
    return `${this.file}:${this.number}`;
  }

  /** Answers the JSON of the line, without its checksum. Throws JournalError where they do not fit. */
  take(line: string): string {
    this.number++;
    const body = line.slice(0, -SEAL_LENGTH);
    const isSealed = SEAL.test(line.slice(-SEAL_LENGTH));
    if (isSealed && line.slice(-10, -2) !== checksumOf(body)) throw damage(this.place, 'its checksum does not fit');
    const json = isSealed ? `${body}}` : line;
    if (isHeaderLine(json)) this.format = parseHeader(json, this.place).format;
    if (isSealed !== (this.format !== UNSEALED_FORMAT)) {
      throw damage(this.place, isSealed ? 'the header before it is of an older format' : 'it has no checksum');
    }
    return json;
  }
}

function damage(place: string, what: string): JournalError {
  return new JournalError(
    `${place}: ${what}; the journal is damaged here. Put an undamaged copy of the file in its place, or move it out of the directory: the node can go on without it, only what it observed is lost to readers`,
  );
}

export function isHeaderLine(json: string): boolean {
  return json.startsWith('{"kind":"header"');
}

export function parseHeader(json: string, place: string): JournalHeader {
  const value = parseJson(json, place);
  const fault = headerType.check(value, '$');
  if (fault !== undefined) throw damage(place, fault);
  const header = value as JournalHeader;
  if (header.format !== JOURNAL_FORMAT && header.format !== UNSEALED_FORMAT) {
    throw new JournalError(
      `${place}: journal format ${header.format}; this release reads ${UNSEALED_FORMAT} and ${JOURNAL_FORMAT}. Use the release that wrote it`,
    );
  }
  return header;
}

export function parseRecord(json: string, place: string): ObservedRecord {
  const value = parseJson(json, place);
  const fault = recordType.check(value, '$');
  if (fault !== undefined) throw damage(place, fault);
  const { kind: _, ...record } = value as ObservedRecord & { kind: string };
  return { ...record, observation: fromJson(record.observation, place) as ObservedRecord['observation'] };
}

function parseJson(json: string, place: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw damage(place, 'not JSON');
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
