import type { Command } from 'commander';
import { wholeNumber } from './hunt.js';
import { MINIMISE_DEFAULTS, type MinimiseFlags } from './minimise-flags.js';

const EXAMPLES = `
Examples:
  orrery minimise orrery-out/raft-417.json                 writes orrery-out/raft-417-small.json
  orrery minimise orrery-out/raft-417.json --budget-s 300  takes more time for it
  orrery minimise found.json --runs 500 --out small.json   the same result on every machine
  orrery hunt raft --minimise                              hunts, and makes small what it finds

Faults, requests, nodes and time are left out as long as the same property fails. The new artifact holds both runs:
\`orrery replay SMALL\` carries out the small one, with --original the one that it was made of.

Ends with 0 where the small run was written, 2 wrong use or a run that does not fail here, 3 where it does not repeat itself.`;

export function registerMinimiseCommand(program: Command): void {
  program
    .command('minimise')
    .summary('make the failing run of an artifact small')
    .description(
      'Leaves out of a failing run what its failure does not need, and writes what is left as a new artifact.',
    )
    .argument('<artifact>', 'what `orrery hunt` left of a seed that failed')
    .option('--budget-s <s>', 'seconds at most', wholeNumber(1, 86_400), MINIMISE_DEFAULTS.budgetS)
    .option('--runs <N>', 'runs at most', wholeNumber(1, 10_000_000), MINIMISE_DEFAULTS.runs)
    .option('--property <name>', 'the property that has to go on failing; default: the first that did')
    .option('-o, --out <file>', 'the new artifact; default: beside the old one, with -small in its name')
    .option('--json <file>', 'write what came of it as a document; - for standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (artifact: string, flags: MinimiseFlags) => {
      const { runMinimise } = await import('./minimise-run.js');
      process.exitCode = await runMinimise(artifact, flags);
    });
}
