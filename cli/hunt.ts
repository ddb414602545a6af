import { InvalidArgumentError, type Command } from 'commander';
import type { HuntFlags } from './hunt-flags.js';

const WORKERS_MAX = 512;
export const SEED_TIMEOUT_S = 300;

const EXAMPLES = `
Scenarios are built in (raft, raft-membership, raft-reads, raft-lost-disks, lease, lease-replicated, gossip, scheduler-raft, scheduler-lease, scheduler-gossip) or your own:
a module such as ./my-scenario.ts that exports one, or FILE#EXPORT where it exports several.

Examples:
  orrery hunt raft                             the first hundred seeds
  orrery hunt raft lease --seeds 1..1000       more of them, on every core
  orrery hunt ./my-scenario.ts --keep-going    all seeds, also after one has failed
  orrery hunt raft --json - | jq .runs         one document instead of text
  orrery hunt raft --seeds 7..7 --placement threads:2
  orrery hunt raft --explore coverage --seeds 2000
                                               learn from each run for the next; docs/exploration.md has all strategies
  orrery hunt raft --seeds 1..1000000 --time-budget 10m --resume raft.state --collect 5
                                               five different failures; the same command goes on where it was interrupted
  orrery hunt raft --seeds 1..10000 --shard 2/8 --json 2.json      one of eight machines; then, with all eight documents:
  orrery hunt --merge 1.json 2.json 3.json 4.json 5.json 6.json 7.json 8.json

A seed that fails leaves a file in the folder of --out and prints the one command that replays it.

Ends with 0 all is well, 1 a property failed, 2 wrong use, 3 a run depends on more than its seed,
4 something that ought to happen sometimes never did. Where several hold: 3, then 1, then 4.`;

export function registerHuntCommand(program: Command): void {
  program
    .command('hunt')
    .summary('run many seeds of a scenario, looking for one that fails')
    .description('Runs the seeds of one or several scenarios side by side and stops each at its first failure.')
    .argument('[scenario...]', 'built-in scenarios, or files that export one')
    .option('-s, --seeds <A..B>', 'seeds to run: A..B, or N for 1..N', '1..100')
    .option('--placement <kind>', 'inline, threads (one for each node), or threads:K', 'inline')
    .option('-w, --workers <K>', 'how many seeds run at once (default: one for each core)', wholeNumber(1, WORKERS_MAX))
    .option('--plan <file>', 'faults for every seed, from a plan or an artifact, in place of what seeds draw')
    .option('--json <file>', 'write one document; - for standard output')
    .option('-o, --out <folder>', 'where failing seeds leave their artifacts', 'orrery-out')
    .option('-k, --keep-going', 'go on after a failure')
    .option('--collect <n>', 'go on until n failures differ in property or state', wholeNumber(1, 10_000))
    .option('--time-budget <time>', 'begin no seed after this time, such as 90s, 10m or 2h', durationMs)
    .option('--resume <file>', 'keep what is known in this file, and go on where the hunt in it was interrupted')
    .option('--shard <I/N>', 'run only this part of the seeds: N machines with I from 1 to N run each seed once')
    .option('--merge <file...>', 'put the documents of all shards together in place of hunting')
    .option(
      '--explore <strategy>',
      'how runs are chosen: random, swarm, pct, coverage, exhaustive or portfolio',
      'swarm',
    )
    .option(
      '--explore-events <n>',
      'exhaustive: deliveries and crashes in one run (default: 12)',
      wholeNumber(1, 1_000),
    )
    .option('--explore-crashes <n>', 'exhaustive: crashes in one run (default: 0)', wholeNumber(0, 100))
    .option('-m, --minimise', 'make what was found small, one of each kind, a minute for each at most')
    .option('--verify', 'run every seed twice (else every tenth) and compare')
    .option('--no-guard', 'do not watch turns for clocks, timers, randomness, promises and I/O')
    .option(
      '--seed-timeout <s>',
      'seconds after which a seed counts as hanging',
      wholeNumber(1, 86_400),
      SEED_TIMEOUT_S,
    )
    .option('--max-steps <n>', 'steps after which a seed fails (default: 20 million)', wholeNumber(1, 1e12))
    .option('--seed-memory <MB>', 'heap of a seed beyond which it fails', wholeNumber(16, 1_000_000))
    .addHelpText('after', EXAMPLES)
    .action(async (scenarios: readonly string[], flags: HuntFlags) => {
      if (flags.merge !== undefined) {
        const { runMerge } = await import('./hunt-merge.js');
        process.exitCode = runMerge(scenarios, flags.merge, flags);
        return;
      }
      const { runHunt } = await import('./hunt-run.js');
      process.exitCode = await runHunt(scenarios, flags);
    });
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a length of time with its unit. */
export function durationMs(text: string): number {
  const [, number, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined && Number(number) > 0) return Number(number) * UNIT_MS[unit]!;
  throw new InvalidArgumentError('Give a whole number with its unit, such as 90s, 10m or 2h.');
}

/** Reads an option that is a whole number; commander tells the user which one it was. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}
