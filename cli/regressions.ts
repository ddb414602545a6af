import type { Command } from 'commander';
import { SEED_TIMEOUT_S, wholeNumber } from './hunt.js';
import type { RegressionsFlags } from './regressions-flags.js';

const EXAMPLES = `
Examples:
  orrery regressions                      every plan that once broke something, on this build
  orrery regressions ./my-regressions     your own: a folder of artifacts
  orrery regressions --list               what there is, without running it
  orrery regressions --keep orrery-out/raft-417-small.json --name lost-vote --broke "a vote was sent before it was durable"

Each ends as "no longer fails", "reproduces", "reproduces at another step" or "diverged", which says that nothing is shown either way.

Ends with 0 where none of them fails, 1 where one fails or hangs, 2 wrong use, 5 where one diverged, so that it should be made anew.`;

export function registerRegressionsCommand(program: Command): void {
  program
    .command('regressions')
    .summary('run the plans that once broke something, and see that they no longer do')
    .description('Carries out the runs of a folder of artifacts, each kept because it failed once.')
    .argument('[folder]', 'where they are; default: props/regressions of the project')
    .option('--only <name...>', 'only these')
    .option('--list', 'print what there is and stop')
    .option('--keep <artifact>', 'put an artifact into the folder; best one that was made small')
    .option('--name <name>', 'with --keep: what it is called from then on')
    .option('--broke <text>', 'with --keep: what was wrong, in a sentence')
    .option('--planted <bug>', 'with --keep: the bug of the planted corpus that it was found with')
    .option('--seed-timeout <s>', 'seconds after which a run counts as hanging', wholeNumber(1, 86_400), SEED_TIMEOUT_S)
    .option('--json <file>', 'write what came of it as a document; - for standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string | undefined, flags: RegressionsFlags) => {
      const { runRegressions } = await import('./regressions/run-regressions.js');
      process.exitCode = await runRegressions(folder, flags);
    });
}
