import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from './durable-directory.js';

/** Begins with a dot, so that no file of a disk can have its name. */
const LOCK_FILE = '.lock';
const ATTEMPTS = 20;
const RETRY_AFTER_MS = 5;

export class DirectoryInUseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DirectoryInUseError';
  }
}

/**
 * Keeps a second process out of a data directory: two writers would destroy the log. The lock of a process that has died is
 * taken over. Answers how to let it go.
 */
export function lockDirectory(directory: string): () => void {
  makeDirectory(directory);
  const file = join(directory, LOCK_FILE);
  const mine = `${process.pid} ${startTimeOf(process.pid) ?? ''}\n`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (tryCreate(file, mine)) return () => release(file, mine);
    const holder = readFileOrNothing(file);
    if (holder !== undefined && isAlive(holder)) {
      throw new DirectoryInUseError(
        `data directory ${directory} is in use by process ${holder.split(' ')[0]}; stop it, or give this node its own directory`,
      );
    }
    if (holder !== undefined && !removeAbandoned(file, holder, mine)) pause(RETRY_AFTER_MS);
  }
  throw new DirectoryInUseError(
    `data directory ${directory} cannot be locked: others take ${file} again and again; where no process does, remove ${takeoverOf(file)}`,
  );
}

/**
 * Removes the lock that a dead process has left. Two processes may find the same one: while the first has put its own in the
 * place, the second must not remove that. So only who holds the right to take over removes, and looks once more before.
 * False where another has that right.
 */
function removeAbandoned(file: string, holder: string, mine: string): boolean {
  const takeover = takeoverOf(file);
  if (!tryCreate(takeover, mine)) return false;
  try {
    if (readFileOrNothing(file) === holder) removeIfPresent(file);
  } finally {
    removeIfPresent(takeover);
  }
  return true;
}

const takeoverOf = (file: string): string => `${file}.takeover`;

/** Opening a directory is synchronous, and so is the wait of a few milliseconds that it may need. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** The lock appears whole or not at all: a lock without its holder's name would look abandoned. */
function tryCreate(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function readFileOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function removeIfPresent(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function release(file: string, mine: string): void {
  if (readFileOrNothing(file) === mine) removeIfPresent(file);
}

/** A process id is given out again some day: where the system tells, the time of its start must be the same too. */
function isAlive(holder: string): boolean {
  const [pidText = '', startedAt = ''] = holder.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const started = startTimeOf(pid);
  return started === undefined || startedAt === '' || started === startedAt;
}

/** Clock ticks from boot to the start of a process, from /proc; undefined where there is none. */
function startTimeOf(pid: number): string | undefined {
  const stat = readFileOrNothing(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may contain spaces.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
