import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How this command line is called again from the current folder: by its name where it is installed, through node otherwise. */
export function orreryCommand(calledAs: string | undefined = process.argv[1], cwd: string = process.cwd()): string {
  const called = calledAs ?? '';
  if (/[\\/]node_modules[\\/]\.bin[\\/]orrery$/.test(called)) return 'npx orrery';
  if (/[\\/]bin[\\/]orrery$/.test(called)) return 'orrery';
  const main = /[\\/]cli[\\/]main\.js$/.test(called)
    ? resolve(called)
    : fileURLToPath(new URL('./main.js', import.meta.url));
  return `node ${quoted(shortest(main, cwd))}`;
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
