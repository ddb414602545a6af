import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { BadInputError } from '../artifact/bad-input.js';
import { bundleTypeScript, plainJavaScript, type Bundle } from './bundle.js';

/** A module of the user's, loaded. */
export interface UserModule {
  readonly url: string;
  /** Absolute path of the source. */
  readonly sourceFile: string;
  readonly hash: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/**
 * Loads a module that a user named. TypeScript is bundled first.
 * @param what what the module is to be, for errors: `a scenario`.
 * @throws BadInputError naming the file and the remedy.
 */
export async function loadUserModule(path: string, what: string): Promise<UserModule> {
  const sourceFile = resolve(path);
  requireFile(path, sourceFile);
  // Before the module is loaded: places in it are shown as they were written.
  process.setSourceMapsEnabled(true);
  const { url, hash } = await bundleOf(path, sourceFile, what);
  return { url, hash, sourceFile, exports: await importModule(path, url) };
}

function requireFile(path: string, sourceFile: string): void {
  try {
    if (statSync(sourceFile).isFile()) return;
  } catch {
    throw new BadInputError(`${path}: there is no such file`);
  }
  throw new BadInputError(`${path}: this is no file`);
}

async function bundleOf(path: string, sourceFile: string, what: string): Promise<Bundle> {
  switch (extname(sourceFile)) {
    case '.ts':
    case '.mts':
      return bundleTypeScript(sourceFile);
    case '.js':
    case '.mjs':
      return plainJavaScript(sourceFile);
    default:
      throw new BadInputError(`${path}: ${what} is a module: .ts, .mts, .js or .mjs`);
  }
}

async function importModule(path: string, url: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const { name, message } = error as Error;
    throw new BadInputError(`${path}: cannot be loaded: ${name}: ${message}`);
  }
}
