import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { isHeaderLine, parseHeader, parseJournal, parseRecord, SealedLines, type Journal } from './journal-format.js';

/** The file that is being written. Full ones are numbered. */
export const CURRENT_FILE = 'observations.jsonl';
const NUMBERED = /^observations-(\d{6})\.jsonl$/;

/** The numbered files of a journal, oldest first. */
export function numberedFiles(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => NUMBERED.test(name))
    .sort();
}

export function nextNumberedFile(directory: string): string {
  const last = numberedFiles(directory).at(-1);
  const number = last === undefined ? 1 : Number(NUMBERED.exec(last)?.[1]) + 1;
  return `observations-${String(number).padStart(6, '0')}.jsonl`;
}

/** Reads all that the journal in a directory holds. Throws JournalError where a whole line is damaged. */
export function readJournal(directory: string): Journal {
  const names = [...numberedFiles(directory), ...(existsSync(join(directory, CURRENT_FILE)) ? [CURRENT_FILE] : [])];
  const parts = names.map((name) => {
    const file = join(directory, name);
    return parseJournal(readFileSync(file, 'utf8'), file);
  });
  return {
    headers: parts.flatMap((part) => part.headers),
    records: parts.flatMap((part) => part.records),
    tornBytes: parts.reduce((sum, part) => sum + part.tornBytes, 0),
  };
}

/** How a journal ends. */
export interface JournalTail {
  /** Bytes of an unfinished last line. */
  readonly tornBytes: number;
  /** Of the last record; 0 if there is none. */
  readonly lamport: number;
  readonly step: number;
  /** Of the last whole line; 0 and undefined if there is none. */
  readonly incarnation: number;
  readonly node: string | undefined;
}

const CHUNK_BYTES = 1024 * 1024;
const NO_TAIL: JournalTail = Object.freeze({ tornBytes: 0, lamport: 0, step: 0, incarnation: 0, node: undefined });

/**
 * Checks every line of a file, and cuts an unfinished last one off, so that the next one begins on its own. Throws JournalError
 * with file and line where a whole line is damaged; then nothing has been changed.
 */
export function repairTail(file: string): JournalTail {
  if (!existsSync(file)) return NO_TAIL;
  const fd = openSync(file, 'r+');
  try {
    const { size } = fstatSync(fd);
    const lines = new SealedLines(file);
    let wholeBytes = 0;
    let tail = NO_TAIL;
    let lastRecord: string | undefined;
    let lastHeader: string | undefined;
    for (const line of wholeLines(fd, size)) {
      wholeBytes += line.length + 1;
      const json = lines.take(line.toString('utf8'));
      if (isHeaderLine(json)) lastHeader = json;
      else lastRecord = json;
    }
    if (lastRecord !== undefined) tail = { tornBytes: 0, ...parseRecord(lastRecord, lines.place) };
    if (lastHeader !== undefined) {
      const { node, incarnation } = parseHeader(lastHeader, lines.place);
      tail = { ...tail, node, incarnation };
    }
    if (wholeBytes < size) ftruncateSync(fd, wholeBytes);
    const { lamport, step, node, incarnation } = tail;
    return { tornBytes: size - wholeBytes, lamport, step, incarnation, node };
  } finally {
    closeSync(fd);
  }
}

/** The lines that end with a line break, without it. */
function* wholeLines(fd: number, size: number): Generator<Buffer> {
  let unfinished: Buffer = Buffer.alloc(0);
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    const bytes = Buffer.concat([unfinished, readRange(fd, at, Math.min(size, at + CHUNK_BYTES))]);
    let from = 0;
    for (let to = bytes.indexOf(0x0a); to >= 0; to = bytes.indexOf(0x0a, from)) {
      yield bytes.subarray(from, to);
      from = to + 1;
    }
    unfinished = bytes.subarray(from);
  }
}

function readRange(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(fd, bytes, filled, bytes.length - filled, from + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
