import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'orrery-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compare(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, encoding: 'utf8' as const, maxBuffer: 1 << 26, timeout: 100_000 };
    execFile(process.execPath, [MAIN, 'compare', ...args], options, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
}

interface Document {
  readonly worst: readonly Readonly<Record<string, unknown>>[];
}

describe('orrery compare', () => {
  it('names the worst seed of each coordinator in its document, and where it can be replayed from', async () => {
    const args = ['--seeds', '1..2', '--thread-seeds', '0', '--workers', '1', '--out', 'found'];
    const { stdout, stderr } = await compare(...args, '--json', '-', '--report', 'report.html');
    expect(stderr).not.toContain('error');
    const { worst } = JSON.parse(stdout) as Document;
    expect(worst.map(({ coordinator }) => coordinator)).toEqual(['raft', 'lease', 'gossip']);
    const report = readFileSync(join(folder, 'report.html'), 'utf8');
    for (const { coordinator, seed, why, atMs, endMs, nodes, replayCommand, ...rest } of worst) {
      expect(rest).toEqual({});
      expect([1, 2]).toContain(seed);
      expect(why).toMatch(/\.$/);
      expect(atMs).toBeLessThanOrEqual(endMs as number);
      expect((nodes as readonly string[]).length).toBeGreaterThan(2);
      expect(report).toContain(`${String(coordinator)}, seed ${String(seed)}, the whole run`);
      const file = String(replayCommand).split(' ').at(-1)!;
      expect(JSON.parse(readFileSync(join(folder, file), 'utf8'))).toMatchObject({ seed });
    }
  });
});
