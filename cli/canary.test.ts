import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { acknowledgesInTime, acknowledgesTooEarly } from './canary.fixture.js';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const FIXTURE = fileURLToPath(new URL('./canary.fixture.ts', import.meta.url));
const SEEDS = 60;
const folder = mkdtempSync(join(tmpdir(), 'orrery-canary-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function orrery(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: folder, timeout: 100_000 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout });
    });
  });
}

/** Hunts the canary, and replays what was found. Throws where the hunt finds nothing, or something that is not there again. */
async function seeTheCanaryDie(exported: string, ...more: readonly string[]): Promise<string> {
  const out = mkdtempSync(join(folder, 'out-'));
  const target = `${FIXTURE}#${exported}`;
  const hunt = await orrery('hunt', target, '--seeds', `1..${SEEDS}`, '--workers', '1', '--out', out, ...more);
  const [artifact] = readdirSync(out);
  if (hunt.code !== 1 || artifact === undefined || !hunt.stdout.includes('keptSurvives')) {
    throw new Error(`the canary lives: the hunt of ${exported} ended with ${hunt.code}\n${hunt.stdout}`);
  }
  const replay = await orrery('replay', join(out, artifact), '--lines', '0');
  if (replay.code !== 1 || !replay.stdout.includes('reproduces, as recorded')) {
    throw new Error(`what killed the canary is not there again: ended with ${replay.code}\n${replay.stdout}`);
  }
  return hunt.stdout;
}

describe('the canary', () => {
  it('is found dead by every way of exploring that draws from seeds, and dies the same death again', async () => {
    for (const strategy of ['swarm', 'random', 'pct']) {
      const printed = await seeTheCanaryDie('acknowledgesTooEarly', '--explore', strategy);
      expect(printed).toMatch(new RegExp(`${acknowledgesTooEarly.name}: seed \\d+ failed`));
    }
  });

  it('would be seen alive if the bug were not there', async () => {
    await expect(seeTheCanaryDie('acknowledgesInTime')).rejects.toThrow(/the canary lives: .* ended with 0/);
    expect(acknowledgesInTime.name).not.toBe(acknowledgesTooEarly.name);
  });

  it('would be seen alive if the hunt did nothing to the cluster', async () => {
    const plan = join(folder, 'nothing.json');
    writeFileSync(plan, '{ "faults": [] }');
    const blind = seeTheCanaryDie('acknowledgesTooEarly', '--plan', plan);
    await expect(blind).rejects.toThrow(/the canary lives: .* ended with (0|4)/);
  });
});
