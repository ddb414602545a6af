import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../usage-error.js';

const run = promisify(execFile);

const VERSIONS = ['20', '22', '24'] as const;
const INSTALL_TIMEOUT_MS = 600_000;

/** A program of Node, and what it says of itself. */
export interface NodeProgram {
  readonly path: string;
  readonly version: string;
}

/**
 * The programs that were named, each asked for its version.
 * @throws UsageError where one cannot be run.
 */
export async function askVersions(paths: readonly string[]): Promise<readonly NodeProgram[]> {
  const programs: NodeProgram[] = [];
  for (const path of paths) {
    try {
      const { stdout } = await run(path, ['--version'], { timeout: 30_000 });
      programs.push({ path, version: stdout.trim() });
    } catch (error) {
      throw new UsageError(`--nodes: ${path} cannot be run: ${(error as Error).message.split('\n', 1)[0]}`);
    }
  }
  return programs;
}

/**
 * Installs Node 20, 22 and 24 from the npm registry into a folder that is removed when the process ends.
 * @returns paths of the programs.
 */
export async function fetchNodes(): Promise<readonly string[]> {
  const system = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = mkdtempSync(join(tmpdir(), 'orrery-nodes-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const packages = VERSIONS.map((version) => `node${version}@npm:node-${system}@${version}`);
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', ...packages];
  try {
    await run('npm', args, { cwd: folder, timeout: INSTALL_TIMEOUT_MS });
  } catch (error) {
    throw new UsageError(
      `--fetch: npm could not install ${packages.join(' ')}: ${(error as Error).message.slice(-500)}; name programs with --nodes`,
    );
  }
  return VERSIONS.map((version) => join(folder, 'node_modules', `node${version}`, 'bin', 'node'));
}
