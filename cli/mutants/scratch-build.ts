import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../usage-error.js';
import { plant, type PlantedBug } from './corpus.js';

/** A copy of the build in a temporary folder, into which planted bugs are put one after another. */
export class ScratchBuild {
  readonly root: string;

  constructor(private readonly projectRoot: string) {
    this.root = mkdtempSync(join(tmpdir(), 'orrery-mutants-'));
    cpSync(join(projectRoot, 'dist'), join(this.root, 'dist'), { recursive: true });
    cpSync(join(projectRoot, 'package.json'), join(this.root, 'package.json'));
    symlinkSync(join(projectRoot, 'node_modules'), join(this.root, 'node_modules'), 'dir');
  }

  /** The command line of the copy. */
  get cli(): string {
    return join(this.root, 'dist/cli/main.js');
  }

  /** Puts one bug in, and answers how to take it out again. */
  async plant(bug: PlantedBug): Promise<() => void> {
    const { transform } = await import('esbuild');
    const planted = plant(bug, readFileSync(join(this.projectRoot, bug.file), 'utf8'));
    const { code } = await transform(planted, { loader: 'ts', target: 'es2023', sourcefile: bug.file }).catch(
      (error: unknown) => {
        throw new UsageError(`planted bug ${bug.name} does not compile: ${(error as Error).message}`);
      },
    );
    const target = join(this.root, 'dist', bug.file.replace(/\.ts$/, '.js'));
    const original = readFileSync(target);
    writeFileSync(target, code);
    return () => writeFileSync(target, original);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
