import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Makes a directory, and those above it, where they are missing; their names survive the death of the machine. */
export function makeDirectory(directory: string, mode = 0o777): void {
  const highest = mkdirSync(directory, { recursive: true, mode });
  if (highest === undefined) return;
  const top = dirname(resolve(highest));
  for (let parent = dirname(resolve(directory)); ; parent = dirname(parent)) {
    syncDirectory(parent);
    if (parent === top || parent === dirname(parent)) return;
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
