import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import type { Configuration } from '../configuration/configuration.js';
import type { SessionOperation } from '../sessions/sessions.js';
import { Digest } from './digest.js';

/** An entry as it is stored and sent. The no-op of a new leader has the requestId '' and the command null. */
export interface LogEntry {
  readonly term: number;
  readonly requestId: string;
  readonly command: Plain;
  /** The entry changes the configuration to this; its command is null. */
  readonly configuration?: Configuration;
  /** The entry begins a client's session, or its command is a proposal in one (thesis, §6.3). */
  readonly session?: SessionOperation;
}

/**
 * The log in memory (Figure 2). Indexes start at 1 and never change their meaning: `entries[0]` has `firstIndex`.
 *
 * Invariant: terms never fall along the log (a leader appends in its own term, and terms only grow).
 */
export interface RaftLog {
  firstIndex: number;
  /** Term of the entry before `firstIndex`, 0 where there never was one. */
  baseTerm: number;
  /** Prefix hash of the entry before `firstIndex`. */
  baseHash: number;
  readonly entries: LogEntry[];
  /**
   * `prefixHashes[i]` digests all entries up to `entries[i]`, so that comparing two numbers compares two whole prefixes: Log
   * Matching (§5.3) is one comparison.
   */
  readonly prefixHashes: number[];
  /** Estimated encoded size of each entry. */
  readonly sizes: number[];
}

export function emptyLog(): RaftLog {
  return { firstIndex: 1, baseTerm: 0, baseHash: 0, entries: [], prefixHashes: [], sizes: [] };
}

export function lastIndex(log: RaftLog): number {
  return log.firstIndex + log.entries.length - 1;
}

export function lastTerm(log: RaftLog): number {
  return log.entries.at(-1)?.term ?? log.baseTerm;
}

/** The term of the entry at `index`; 0 at index 0; undefined where the log has no such entry. */
export function termAt(log: RaftLog, index: number): number | undefined {
  if (index === log.firstIndex - 1) return log.baseTerm;
  return log.entries[index - log.firstIndex]?.term;
}

export function entryAt(log: RaftLog, index: number): LogEntry {
  const entry = log.entries[index - log.firstIndex];
  assert(entry !== undefined, `log has no entry ${index}: it holds ${log.firstIndex}..${lastIndex(log)}`);
  return entry;
}

export function prefixHashAt(log: RaftLog, index: number): number {
  if (index === log.firstIndex - 1) return log.baseHash;
  const hash = log.prefixHashes[index - log.firstIndex];
  assert(hash !== undefined, `log has no entry ${index}: it holds ${log.firstIndex}..${lastIndex(log)}`);
  return hash;
}

/** Estimated bytes of the entry at `index`; 0 for what no client asked for. */
export function requestBytesAt({ firstIndex, entries, sizes }: RaftLog, index: number): number {
  return entries[index - firstIndex]?.requestId === '' ? 0 : (sizes[index - firstIndex] ?? 0);
}

/** Appends in memory and returns the index of the entry. */
export function appendEntry(log: RaftLog, entry: LogEntry): number {
  assert(entry.term >= lastTerm(log), `terms never fall along the log: ${entry.term} after ${lastTerm(log)}`);
  const digest = new Digest(prefixHashAt(log, lastIndex(log)));
  digest.integer(entry.term);
  digest.text(entry.requestId);
  digest.plain(entry.command);
  if (entry.configuration !== undefined) digest.plain(entry.configuration);
  if (entry.session !== undefined) digest.plain(entry.session);
  log.entries.push(entry);
  log.prefixHashes.push(digest.value());
  log.sizes.push(digest.bytes);
  return lastIndex(log);
}

/** Removes the entries with `index >= fromIndex` in memory. */
export function truncateFrom(log: RaftLog, fromIndex: number): void {
  assert(fromIndex >= log.firstIndex, `cannot truncate from ${fromIndex}: the log begins at ${log.firstIndex}`);
  const length = fromIndex - log.firstIndex;
  log.entries.length = length;
  log.prefixHashes.length = length;
  log.sizes.length = length;
}

/** Forgets the entries up to `index`, which a snapshot stands for (§7). */
export function compactTo(log: RaftLog, index: number): void {
  const count = index - log.firstIndex + 1;
  if (count <= 0) return;
  assert(count <= log.entries.length, `cannot forget up to ${index}: the log ends at ${lastIndex(log)}`);
  log.baseTerm = termAt(log, index) ?? 0;
  log.baseHash = prefixHashAt(log, index);
  log.entries.splice(0, count);
  log.prefixHashes.splice(0, count);
  log.sizes.splice(0, count);
  log.firstIndex = index + 1;
}

/** An empty log that goes on after the entry (`index`, `term`), up to which `hash` digests it. */
export function resetLog(log: RaftLog, index: number, term: number, hash: number): void {
  log.entries.length = 0;
  log.prefixHashes.length = 0;
  log.sizes.length = 0;
  log.firstIndex = index + 1;
  log.baseTerm = term;
  log.baseHash = hash;
}

/** The last index `<= index` whose term is at most `term`; `firstIndex - 1` where there is none. Terms never fall, so halving finds it. */
export function lastIndexOfTermAtMost(log: RaftLog, index: number, term: number): number {
  let low = log.firstIndex - 1;
  let high = Math.min(index, lastIndex(log));
  while (low < high) {
    const middle = Math.floor((low + high + 1) / 2);
    if ((termAt(log, middle) ?? 0) <= term) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Whether a log that ends with (`index`, `term`) is at least as up to date as this one: the later last term wins, and with equal
 * terms the longer log (§5.4.1).
 */
export function isUpToDate(log: RaftLog, index: number, term: number): boolean {
  const ownTerm = lastTerm(log);
  return term > ownTerm || (term === ownTerm && index >= lastIndex(log));
}
