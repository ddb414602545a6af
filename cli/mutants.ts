import type { Command } from 'commander';
import { wholeNumber } from './hunt.js';
import type { MutantsFlags } from './mutants-flags.js';

const EXAMPLES = `
Examples:
  orrery mutants                             every planted bug of the project, one core each
  orrery mutants --only vote-before-durable  one of them
  orrery mutants --simulator                 breaks the simulator itself, and runs the tests of its physics
  orrery mutants --corpus ./my-bugs.json     your own: [{ name, file, find, replace, expects, scenario, source }]

It needs a clone of the project that was built, and plants bugs in the sources of the project only.

For each bug: a scratch copy of the build gets it, seeds are hunted until the property that it names fails, that run is
replayed there to the same step and fingerprint, and the build without the bug passes the same seeds.
With --simulator: a scratch copy of the sources gets each mutation, and the test that it names fails with it and passes without it.

Ends with 0 where all of this holds for every bug, 1 where it does not, 2 wrong use or a corpus that no longer fits.`;

export function registerMutantsCommand(program: Command): void {
  program
    .command('mutants')
    .summary('plant known bugs in a scratch copy and see the properties find them')
    .description('Tests the tests: plants each bug of a corpus in a scratch copy of the build and hunts for it.')
    .option('--corpus <file...>', 'corpus files; default: those under props/planted of the project')
    .option('--only <name...>', 'only these bugs')
    .option('--seeds <N>', 'seeds 1..N at most for each bug', wholeNumber(1, 1_000_000), 1000)
    .option('--budget <seconds>', 'time at most for each bug', wholeNumber(1, 86_400), 120)
    .option('--minimise', 'make each run that found one small, and compare it with the smallest known')
    .option(
      '--simulator',
      'break the simulator in the ways of props/planted/simulator.json and run the tests that must notice',
    )
    .option('--list', 'print the corpus and stop')
    .option('--json <file>', 'write what came of it as a document; - for standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: MutantsFlags) => {
      if (flags.simulator === true) {
        const { runSimulatorMutants } = await import('./mutants/run-simulator-mutants.js');
        process.exitCode = await runSimulatorMutants(flags);
        return;
      }
      const { runMutants } = await import('./mutants/run-mutants.js');
      process.exitCode = await runMutants(flags);
    });
}
