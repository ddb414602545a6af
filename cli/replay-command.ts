import { realpathSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * How this command line is called again from the current folder: through npx in a clone and where it is installed in
 * node_modules, by its name where it is installed for all, by the path of its file from anywhere else.
 */
export function orreryCommand(calledAs: string | undefined = process.argv[1], cwd: string = process.cwd()): string {
  const called = calledAs ?? '';
  if (/[\\/]node_modules[\\/]\.bin[\\/]orrery$/.test(called)) return 'npx orrery';
  if (/[\\/]bin[\\/]orrery$/.test(called)) return 'orrery';
  const main = /[\\/]cli[\\/]main\.js$/.test(called)
    ? resolve(cwd, called)
    : fileURLToPath(new URL('./main.js', import.meta.url));
  if (isWithin(projectOf(main), cwd)) return 'npx orrery';
  return `node ${quoted(shortest(main, cwd))}`;
}

/** The project from within which npx finds the command at `main`: its own, or the one that has it in its node_modules. */
function projectOf(main: string): string {
  const [outer, ...rest] = main.split(`${sep}node_modules${sep}`);
  return rest.length > 0 && outer !== undefined ? outer : dirname(dirname(dirname(main)));
}

function isWithin(folder: string, path: string): boolean {
  const from = relative(real(folder), real(path));
  return from === '' || (from !== '..' && !from.startsWith(`..${sep}`) && !from.includes('node_modules'));
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** The path from the current folder, or the absolute one where that is shorter to read. */
export function shortest(path: string, cwd: string = process.cwd()): string {
  const fromHere = relative(cwd, path);
  return fromHere.startsWith('..') && fromHere.length > path.length ? path : fromHere;
}

/** As one word of a shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
