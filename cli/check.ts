import { Option, type Command } from 'commander';
import { SESSION_GUARANTEES } from '../props/guarantees/index.js';
import { MODELS } from '../props/linearizability/index.js';
import type { CheckFlags } from './check-flags.js';
import { wholeNumber } from './hunt.js';

const GUARANTEES = ['linearizable', 'sequential', 'sessions', ...SESSION_GUARANTEES];

const models = Object.entries(MODELS)
  .map(([name, { summary }]) => `  ${name.padEnd(15)} ${summary}`)
  .join('\n');

const HELP = `
Models:
${models}
  ./my-model.ts   your own: export const mine: Model<State> = { name, initial, step, stateKey, … }
Where operations name keys, each key is checked as an object of its own.

Histories are recognised by their content:
  JSON lines      {"process":0,"type":"invoke","f":"write","key":"x","value":3}, then "ok", "fail" (did not
                  happen) or "info" (nobody knows); what is still open at the end may have happened or not
  Jepsen EDN      {:process 0, :type :invoke, :f :write, :value 3}, and Porcupine's key-value logs
  Jepsen logs     INFO  jepsen.util - 0 :invoke :write 3

Examples:
  orrery check history.jsonl --model cas-register
  orrery check store/*/history.edn --model cas-register --independent --initial 0
  orrery check history.edn --model kv --picture why.html     see what cannot be, in a browser
  orrery check run.jsonl --model ./my-model.ts --budget 600
  orrery check replica.jsonl --model kv --guarantee sessions

Ends with 0 where all are legal, 1 where one is not, 2 bad input, 4 where one stayed undecided within its budget.`;

export function registerCheckCommand(program: Command): void {
  program
    .command('check')
    .summary('judge recorded histories: is there an order that explains every answer?')
    .description(
      'Judges whether histories are linearizable: whether each operation can have taken effect at one moment between its call ' +
        'and its answer, such that the model would have given every answer that was given.',
    )
    .argument('<file...>', 'histories')
    .option(
      '-m, --model <model>',
      'what the object is: a model by name, or a file that exports one (FILE or FILE#EXPORT)',
    )
    .option('--initial <json>', 'what it holds before anything has happened, as JSON: 0, or {"x":0,"y":0}')
    .addOption(
      new Option('--algorithm <name>', 'how to search: by Wing, Gong and Lowe, or just in time')
        .choices(['wgl', 'jit'])
        .default('wgl'),
    )
    .addOption(
      new Option('--guarantee <name>', 'what is claimed: weaker ones ask less of the order; sessions are the last four')
        .choices(GUARANTEES)
        .default('linearizable'),
    )
    .option('--budget <seconds>', 'time at most for each history', wholeNumber(1, 86_400), 60)
    .addOption(
      new Option(
        '--nil <meaning>',
        'what the nil of a successful read says; default: unknown in EDN, a value in logs and JSON lines',
      ).choices(['value', 'unknown']),
    )
    .option('--independent', 'values are pairs of a key and the value proper, as of jepsen.independent')
    .option('--json <file>', 'write the results as a document; - for standard output')
    .option('--picture <file>', 'write a page (HTML) that shows each illegal history and why it is so')
    .addHelpText('after', HELP)
    .action(async (files: readonly string[], flags: CheckFlags) => {
      const { runCheck } = await import('./check/run-check.js');
      process.exitCode = await runCheck(files, flags);
    });
}
