import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, Message, Plugin } from 'esbuild';
import { BadInputError } from '../artifact/bad-input.js';
import { hashFiles } from '../artifact/build-hash.js';

/** TypeScript as one module that any thread can load. */
export interface Bundle {
  /** `file:` URL. */
  readonly url: string;
  /** Hash over the sources that went into it. */
  readonly hash: string;
}

let folder: string | undefined;

// Of this process alone: nothing of an earlier build can be taken for this one, and nothing is left behind.
function bundleFolder(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'orrery-bundle-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/**
 * Bundles a user's TypeScript once, with a source map, so that what goes wrong is named by file and line of the source. Packages
 * stay outside of the bundle; `orrery` is the package that runs.
 * @throws BadInputError with file, line and column where the source cannot be read.
 */
export async function bundleTypeScript(file: string): Promise<Bundle> {
  const outfile = join(bundleFolder(), `${basename(file).replace(/\.[cm]?ts$/, '')}-${process.hrtime.bigint()}.mjs`);
  const { contents, hash } = await bundle(file, outfile);
  writeFileSync(outfile, contents);
  return { url: pathToFileURL(outfile).href, hash };
}

/**
 * JavaScript is loaded as it is; its hash is over all that it imports from files, too.
 * @throws BadInputError with file, line and column where a source cannot be read.
 */
export async function plainJavaScript(file: string): Promise<Bundle> {
  const { hash } = await bundle(file, join(bundleFolder(), 'unwritten.mjs'));
  return { url: pathToFileURL(file).href, hash };
}

async function bundle(
  file: string,
  outfile: string,
): Promise<{ readonly contents: Uint8Array; readonly hash: string }> {
  const { build } = await import('esbuild');
  const folderOfSource = dirname(file);
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [file],
      absWorkingDir: folderOfSource,
      outfile,
      bundle: true,
      write: false,
      metafile: true,
      sourcemap: 'inline',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
      plugins: [packagesOutside],
    });
    const sources = Object.keys(metafile.inputs).map((name) => join(folderOfSource, name));
    return {
      contents: (outputFiles[0] as { contents: Uint8Array }).contents,
      hash: hashSources(sources, folderOfSource),
    };
  } catch (error) {
    const failure = error as Partial<BuildFailure>;
    if (failure.errors === undefined) throw error;
    throw new BadInputError(
      failure.errors
        .slice(0, 3)
        .map((message) => describe(message, folderOfSource))
        .join('\n'),
    );
  }
}

/** A hash over source files, named by their place beside each other. */
function hashSources(files: readonly string[], folderOfSource: string): string {
  const named = files.map((file) => ({ file, name: relative(folderOfSource, file).split(sep).join('/') }));
  return hashFiles(named.sort((a, b) => (a.name < b.name ? -1 : 1)));
}

function describe({ text, location }: Message, folderOfSource: string): string {
  if (location === null) return text;
  return `${join(folderOfSource, location.file)}:${location.line}:${location.column + 1}: ${text}`;
}

const OWN = /^orrery(\/|$)/;

/** Packages become absolute URLs: the bundle lies elsewhere, and nothing would be found from there. */
const packagesOutside: Plugin = {
  name: 'packages-outside',
  setup(build) {
    const require = createRequire(import.meta.url);
    build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === packagesOutside) return undefined;
      if (path.startsWith('node:')) return { path, external: true };
      if (OWN.test(path)) {
        try {
          return { path: pathToFileURL(require.resolve(path)).href, external: true };
        } catch {
          return {
            errors: [{ text: `${path} is no part of orrery; its parts stand in the exports of its package.json` }],
          };
        }
      }
      const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: packagesOutside });
      if (found.errors.length > 0) return { errors: found.errors };
      return { path: found.external ? found.path : pathToFileURL(found.path).href, external: true };
    });
  },
};
