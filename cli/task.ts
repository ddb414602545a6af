import { Option, type Command } from 'commander';
import { wholeNumber } from './hunt.js';
import type { ListFlags, SubmitFlags, TaskFlags } from './task-flags.js';

const STATES = ['pending', 'running', 'succeeded', 'failed', 'cancelled'];

const EXAMPLES = `
Every command speaks with a node on this machine, which is named by its configuration.

Examples:
  orrery task submit examples/tasks.yaml --config n1.yaml            everything that the file defines
  orrery task submit tasks.yaml --only report --config n1.yaml       one task of it
  orrery task list --state running --config n1.yaml
  orrery task show report@1768471200000.1 --config n1.yaml           one execution with all its attempts
  orrery task cancel report=nightly --config n1.yaml
  orrery task list --json --config n1.yaml | jq '.open[].executionId'

Ends with 0 where it was done, 1 where the cluster refused or did not answer in time, 2 where the command cannot be used so.`;

/** `orrery task submit|list|show|cancel`. */
export function registerTaskCommands(program: Command): void {
  const task = program
    .command('task')
    .summary('submit, list, show and cancel tasks of a running cluster')
    .description('Speaks with a running node about its tasks.')
    .addHelpText('after', EXAMPLES);
  common(task.command('submit'))
    .summary('submit what a definitions file holds')
    .description('Runs the tasks of a YAML or JSON file, or registers their schedules.')
    .argument('<file>', 'definitions of tasks')
    .option('--only <id...>', 'these tasks of the file, not all')
    .option('--once', 'nothing happens for definitions that were submitted so before, unchanged')
    .option('--submission-id <key>', 'makes it safe to repeat this command: the same key counts once')
    .action(async (file: string, flags: SubmitFlags) => {
      process.exitCode = await (await import('./task-run.js')).submitTasks(file, flags);
    });
  common(task.command('list'))
    .summary('list executions and schedules')
    .description('Lists executions, those under way first, and schedules.')
    .option('-n, --limit <n>', 'so many of each at most', wholeNumber(1, 1000), 100)
    .addOption(new Option('--state <state>', 'only executions in this state').choices(STATES))
    .action(async (flags: ListFlags) => {
      process.exitCode = await (await import('./task-run.js')).listTasks(flags);
    });
  common(task.command('show'))
    .summary('show one execution with its attempts')
    .description('Shows one execution: its task, its state, every attempt and how it ended.')
    .argument('<execution>', 'id of the execution, as `list` prints it')
    .action(async (executionId: string, flags: TaskFlags) => {
      process.exitCode = await (await import('./task-run.js')).showTask(executionId, flags);
    });
  common(task.command('cancel'))
    .summary('cancel an execution')
    .description('Cancels an execution. An attempt that runs is ended, and may have had its effect.')
    .argument('<execution>', 'id of the execution, as `list` prints it')
    .action(async (executionId: string, flags: TaskFlags) => {
      process.exitCode = await (await import('./task-run.js')).cancelTask(executionId, flags);
    });
}

function common(command: Command): Command {
  return command
    .requiredOption('-c, --config <file>', 'configuration of a node that runs on this machine')
    .option('--json', 'print one JSON document');
}
