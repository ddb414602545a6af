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
import { parseJournal, type Journal } from './journal-format.js';

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

export interface JournalTail {
  readonly tornBytes: number;
  readonly lamport: number;
  readonly step: number;
}

const TAIL_BYTES = 64 * 1024;

/**
 * Cuts an unfinished last line off, so that the next one begins on its own; answers the bytes cut and the counters of the
 * last whole record, 0 if there is none.
 */
export function repairTail(file: string): JournalTail {
  if (!existsSync(file)) return { tornBytes: 0, lamport: 0, step: 0 };
  const fd = openSync(file, 'r+');
  try {
    const { size } = fstatSync(fd);
    const start = lineStartBefore(fd, size);
    if (start < size) ftruncateSync(fd, start);
    const tail = readRange(fd, Math.max(0, start - TAIL_BYTES), start).toString('utf8');
    return { tornBytes: size - start, ...lastCounters(tail) };
  } finally {
    closeSync(fd);
  }
}

/** The offset just after the last line break before `end`. */
function lineStartBefore(fd: number, end: number): number {
  for (let to = end; to > 0; to -= TAIL_BYTES) {
    const from = Math.max(0, to - TAIL_BYTES);
    const at = readRange(fd, from, to).lastIndexOf(0x0a);
    if (at >= 0) return from + at + 1;
  }
  return 0;
}

function lastCounters(tail: string): { lamport: number; step: number } {
  const found = [...tail.matchAll(/"step":(\d+),"atUs":\d+,"actor":"[^"]*","lamport":(\d+),"observation":/g)].at(-1);
  return { step: Number(found?.[1] ?? 0), lamport: Number(found?.[2] ?? 0) };
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
