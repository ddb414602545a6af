import { InvalidArgumentError, Option, type Command } from 'commander';
import { wholeNumber } from './hunt.js';
import type { VerifyFlags } from './verify-flags.js';

const EXAMPLES = `
Examples:
  orrery verify raft                              20 seeds: inline, with 1, 2 and one thread for each node, again, after 50
                                                  others; some alone in a fresh thread, with a module for each life of a node
  orrery verify raft lease --seeds 1..100         more of them
  orrery verify ./my-scenario.ts --threads 2      your own
  orrery verify raft --seeds 1..5000 --threads none --others 0 --alone 0 --sim-s 10
                                                  twice inline, and no more
  orrery verify --matrix --seeds 1..100 --sim-s 10 --fetch --resume matrix.state
                                                  every built-in scenario, in every placement, on Node 20, 22 and 24
  orrery verify raft --matrix --nodes node,/opt/node24/bin/node --shard 1/4

Ends with 0 where each seed has one fingerprint, 2 wrong use, 3 where one has two.`;

export function registerVerifyCommand(program: Command): void {
  program
    .command('verify')
    .summary('run seeds in every placement, again and after others, and compare fingerprints')
    .description(
      'Shows that a seed decides everything: the same fingerprint wherever, whenever and after whatever it is run.',
    )
    .argument('[scenario...]', 'built-in scenarios, or files that export one; with --matrix: all built-in ones')
    .option('-s, --seeds <A..B>', 'seeds to run', '1..20')
    .option('--others <N>', 'other seeds to run in between, in the same process', wholeNumber(0, 10_000), 50)
    .option('--alone <N>', 'seeds to run in a fresh thread too, modules anew for each life', wholeNumber(0, 10_000), 5)
    .addOption(
      new Option('--threads <list>', 'thread counts to try, and `node` for one each; or `none`')
        .argParser(threadCounts)
        .default([1, 2, 'per-node' as const], '1,2,node'),
    )
    .option('--sim-s <s>', 'simulated seconds of each run, three quarters of them with faults', wholeNumber(1, 86_400))
    .option('--matrix', 'do this on several versions of Node, and compare those too')
    .addOption(
      new Option('--nodes <list>', 'with --matrix: programs of Node, the present one first').argParser(commaList),
    )
    .option('--fetch', 'with --matrix: take Node 20, 22 and 24 from the npm registry')
    .option('--shard <I/N>', 'with --matrix: this part of the seeds only')
    .option('--resume <file>', 'with --matrix: keep what was compared in this file, and go on from there')
    .option('--json <file>', 'write the fingerprints as a document; - for standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (scenarios: readonly string[], flags: VerifyFlags) => {
      if (flags.matrix === true) {
        const { runMatrix } = await import('./verify/run-matrix.js');
        process.exitCode = await runMatrix(scenarios, flags);
        return;
      }
      const { runVerify } = await import('./verify/run-verify.js');
      process.exitCode = await runVerify(scenarios, flags);
    });
}

function commaList(text: string): readonly string[] {
  return text.split(',').filter((word) => word !== '');
}

function threadCounts(text: string): readonly (number | 'per-node')[] {
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    if (word === 'node') return 'per-node';
    const count = Number(word);
    if (!Number.isInteger(count) || count < 1 || count > 256) {
      throw new InvalidArgumentError(
        `${JSON.stringify(word)} is no number of threads: write 1,2,node or the like, or none.`,
      );
    }
    return count;
  });
}
