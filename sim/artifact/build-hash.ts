import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folders of the package whose code decides what happens in a run. */
const DECIDING = ['runtime', 'protocols', 'scheduler', 'sim', 'props'];
/** Edges inside of them that decide nothing. */
const ASIDE = /^(runtime\/node\/(?!calendar\.)|scheduler\/service\/|sim\/(hunt|artifact)\/)|\.test\.[jt]s$/;

/** A hash over the code of this package that decides what happens in a run: names and contents, in the order of names. */
export function hashBuild(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const files = DECIDING.flatMap((folder) => filesUnder(join(root, folder)))
    .map((file) => ({ file, name: relative(root, file).split(sep).join('/') }))
    .filter(({ name }) => name.endsWith(extension) && !ASIDE.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return hashFiles(files);
}

/** A hash over files, each under the name that it is known by everywhere. */
export function hashFiles(files: readonly { readonly file: string; readonly name: string }[]): string {
  const hash = createHash('sha256');
  for (const { file, name } of files) {
    const content = readFileSync(file);
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
