import { InvalidArgumentError, type Command } from 'commander';
import { wholeNumber } from './hunt.js';
import type { CompareFlags } from './compare-flags.js';
import { parseSeedRange } from '../sim/hunt/seed-range.js';

const EXAMPLES = `
Examples:
  orrery compare                                              the built-in tasks, seeds 1..60
  orrery compare --tasks examples/tasks.yaml --report r.html  your tasks, and a page with plots and pictures
  orrery compare --seeds 1..1000 --json figures.json          more seeds, figures for machines

Ends with 0 where every property held under every coordinator and the fingerprints agree, 1 where a property failed, 2 wrong use,
3 where the fingerprints differ.`;

export function registerCompareCommand(program: Command): void {
  program
    .command('compare')
    .summary('run your tasks under each coordinator and the same kinds of faults, and compare')
    .description(
      'Runs task definitions on the simulated scheduler under Raft, leases and gossip, each over a range of seeds with swarm faults.',
    )
    .option('--tasks <file>', 'task definitions, YAML or JSON; default: built-in ones')
    .option('-s, --seeds <A..B>', 'seeds to run under each coordinator', seedRange, '1..60')
    .option('-w, --workers <K>', 'worker threads; default: one for each core', wholeNumber(1, 256))
    .option('--thread-seeds <N>', 'seeds to repeat with a thread for each node', wholeNumber(0, 100), 2)
    .option('--report <file>', 'write a self-contained page with plots, and pictures of the worst seeds')
    .option('-o, --out <folder>', 'where artifacts of failed seeds go', 'orrery-out')
    .option('--json <file>', 'write the figures as a document; - for standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: CompareFlags) => {
      const { runCompare } = await import('./compare/run-compare.js');
      process.exitCode = await runCompare(flags);
    });
}

function seedRange(text: string): string {
  try {
    parseSeedRange(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return text;
}
