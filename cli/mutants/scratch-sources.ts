import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plant, type Mutation } from './corpus.js';

const COPIED = Object.freeze(['runtime', 'protocols', 'scheduler', 'sim', 'props', 'package.json', 'vitest.config.ts']);

/** A copy of the sources in a temporary folder, in which tests are run with mutations put in one after another. */
export class ScratchSources {
  readonly root: string;

  constructor(private readonly projectRoot: string) {
    this.root = mkdtempSync(join(tmpdir(), 'orrery-simulators-'));
    for (const name of COPIED) cpSync(join(projectRoot, name), join(this.root, name), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules'), join(this.root, 'node_modules'), 'dir');
  }

  /** Puts one mutation in, and answers how to take it out again. */
  plant(mutation: Mutation): () => void {
    const original = readFileSync(join(this.projectRoot, mutation.file), 'utf8');
    const target = join(this.root, mutation.file);
    writeFileSync(target, plant(mutation, original));
    return () => writeFileSync(target, original);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
