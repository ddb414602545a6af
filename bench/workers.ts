import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Figure } from './simulation.js';

const ORRERY = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const SEEDS = 400;

/**
 * A hunt with two workers against two hunts of one worker and half of the seeds each, at once: what sharing a process costs.
 * On a machine with fewer than two idle cores the comparison says nothing.
 */
export async function measureWorkers(tell: (what: string) => void): Promise<readonly Figure[]> {
  tell('a hunt with two workers against two processes');
  const half = SEEDS / 2;
  const apart = await timed([
    [`1..${half}`, 1],
    [`${half + 1}..${SEEDS}`, 1],
  ]);
  const together = await timed([[`1..${SEEDS}`, 2]]);
  return [
    { name: `raft, ${SEEDS} seeds: two processes at once`, value: apart / 1000, unit: 's' },
    { name: `raft, ${SEEDS} seeds: one hunt with two workers`, value: together / 1000, unit: 's' },
    { name: 'the hunt to the two processes', value: apart / together, unit: 'times' },
  ];
}

async function timed(hunts: readonly (readonly [seeds: string, workers: number])[]): Promise<number> {
  const startedMs = performance.now();
  await Promise.all(
    hunts.map(async ([seeds, workers]) => {
      const given = [ORRERY, 'hunt', 'raft', '--seeds', seeds, '--workers', String(workers), '--json', '-'];
      const hunt = spawn(process.execPath, given, { stdio: 'ignore' });
      const [code] = (await once(hunt, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`orrery hunt raft --seeds ${seeds} ended with ${String(code)}`);
    }),
  );
  return performance.now() - startedMs;
}
