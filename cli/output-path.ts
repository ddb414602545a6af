import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from './usage-error.js';

/**
 * Sees that a file can be written before the work is done whose result it is to hold. `-` is standard output.
 * @throws UsageError that names the option.
 */
export function checkOutputFile(option: string, file: string | undefined): void {
  if (file === undefined || file === '-') return;
  if (existsSync(file) && statSync(file).isDirectory()) {
    throw new UsageError(`${option} ${file}: this is a folder; name a file`);
  }
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw new UsageError(`${option} ${file}: there is no folder ${folder}; make it first`);
  checkFolderTakesFiles(`${option} ${file}`, folder);
}

/**
 * Sees that a folder, which need not exist yet, can be made and written to.
 * @throws UsageError that names the option.
 */
export function checkOutputFolder(option: string, folder: string): void {
  let nearest = resolve(folder);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  checkFolderTakesFiles(`${option} ${folder}`, nearest);
}

function checkFolderTakesFiles(what: string, folder: string): void {
  if (!statSync(folder).isDirectory()) throw new UsageError(`${what}: ${folder} is no folder; name another place`);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UsageError(`${what}: ${folder} must not be written to; name another place, or change its permissions`);
  }
}
