import { InvalidArgumentError, type Command } from 'commander';
import { parseSeed } from '../sim/hunt/seed-range.js';
import { SEED_TIMEOUT_S, wholeNumber } from './hunt.js';
import type { ReplayFlags } from './replay-flags.js';

const EXAMPLES = `
Examples:
  orrery replay orrery-out/raft-417.json                  what a hunt left behind
  orrery replay raft --seed 417                           the same by its seed
  orrery replay raft --seed 417 --until n2:1345           stop after this step
  orrery replay raft --seed 417 --break n2:1345           stop in the debugger just before it
  orrery replay ./my-scenario.ts --seed 7 --verify        run it twice, find the first different step
  orrery replay raft --seed 417 --picture run.svg         draw it
  orrery replay raft --seed 417 --export etcd-raft run.ndjson
                                                          for etcd's TLA+ trace specification

Of an artifact it says whether it reproduces, reproduces at another step, no longer fails, or diverged, and at which step.

Ends with 0 where all properties held, 1 where one failed (again), 2 wrong use, 3 where the run did not repeat itself,
5 where the run of an artifact diverged, so that nothing is shown either way.`;

export function registerReplayCommand(program: Command): void {
  program
    .command('replay')
    .summary('carry out one run again, from an artifact or by its seed')
    .description('Carries out one run again and shows the way to its violation.')
    .argument('<what>', 'an artifact (.json), a built-in scenario, or a file that exports one')
    .option('-s, --seed <N>', 'the seed, where a scenario is given', seedNumber)
    .option('--original', 'of an artifact that was made small: the run that it was made of')
    .option('--plan <file>', 'faults in place of those that the seed draws')
    .option('--until <node:step>', 'stop after this step')
    .option('--break <node:step>', 'wait for a debugger, and stop in it just before this step')
    .option('--verify', 'run it twice and find the first different step')
    .option('--no-guard', 'do not watch turns for clocks, timers, randomness, promises and I/O')
    .option(
      '--seed-timeout <s>',
      'seconds after which the run counts as hanging',
      wholeNumber(1, 86_400),
      SEED_TIMEOUT_S,
    )
    .option('-n, --lines <N>', 'lines of the trace to show before the violation', wholeNumber(0, 100_000), 25)
    .option('--json <file>', 'write what came of it as a document, with the trace; - for standard output')
    .option('--export <format-and-file...>', 'write what Raft did, step by step, as events: etcd-raft FILE')
    .option('--picture <file>', 'draw the run as an SVG file: nodes, messages and faults in time')
    .option('--from-ms <ms>', 'draw from here; up to 4 s are drawn with every message', wholeNumber(0, 1_000_000_000))
    .option('--to-ms <ms>', 'draw up to here', wholeNumber(0, 1_000_000_000))
    .addHelpText('after', EXAMPLES)
    .action(async (what: string, flags: ReplayFlags) => {
      const { runReplay } = await import('./replay-run.js');
      process.exitCode = await runReplay(what, flags);
    });
}

function seedNumber(text: string): number {
  const seed = parseSeed(text);
  if (seed === undefined) throw new InvalidArgumentError('Give one seed, a whole number from 0.');
  return seed;
}
