#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { EXIT } from './exit-code.js';
import { isUserMistake, mistakeMessage } from './user-mistake.js';

interface CommandSource {
  readonly name: string;
  readonly summary: string;
  /** Loads the command's own definition: only the one that is called, so that starting stays light. */
  register(program: Command): Promise<void>;
}

const COMMANDS: readonly CommandSource[] = [
  {
    name: 'hunt',
    summary: 'run many seeds of a scenario, looking for one that fails',
    register: async (program) => (await import('./hunt.js')).registerHuntCommand(program),
  },
  {
    name: 'replay',
    summary: 'carry out one run again, from an artifact or by its seed',
    register: async (program) => (await import('./replay.js')).registerReplayCommand(program),
  },
  {
    name: 'minimise',
    summary: 'make the failing run of an artifact small',
    register: async (program) => (await import('./minimise.js')).registerMinimiseCommand(program),
  },
  {
    name: 'regressions',
    summary: 'run the plans that once broke something, and see that they no longer do',
    register: async (program) => (await import('./regressions.js')).registerRegressionsCommand(program),
  },
  {
    name: 'verify',
    summary: 'run seeds in every placement, again and after others, and compare fingerprints',
    register: async (program) => (await import('./verify.js')).registerVerifyCommand(program),
  },
  {
    name: 'compare',
    summary: 'run your tasks under each coordinator and the same kinds of faults, and compare',
    register: async (program) => (await import('./compare.js')).registerCompareCommand(program),
  },
  {
    name: 'check',
    summary: 'judge recorded histories: is there an order that explains every answer?',
    register: async (program) => (await import('./check.js')).registerCheckCommand(program),
  },
  {
    name: 'mutants',
    summary: 'plant known bugs in a scratch copy and see the properties find them',
    register: async (program) => (await import('./mutants.js')).registerMutantsCommand(program),
  },
  {
    name: 'node',
    summary: 'run a node of the scheduler in this process',
    register: async (program) => (await import('./node.js')).registerNodeCommand(program),
  },
  {
    name: 'task',
    summary: 'submit, list, show and cancel tasks of a running cluster',
    register: async (program) => (await import('./task.js')).registerTaskCommands(program),
  },
];

const HELP = `
Start here:
  orrery hunt raft                       look for a seed that breaks Raft (there should be none)
  orrery hunt ./my-scenario.ts           look for one that breaks yours
  orrery replay orrery-out/mine-17.json  see the way to what it found
  orrery COMMAND --help                  what a command takes, with examples`;

/** The command line, with the whole definition of the command that is called and a line for each of the others. */
async function programFor(args: readonly string[]): Promise<Command> {
  const program = new Command('orrery')
    .description(
      'Actors, consensus and a task scheduler that run the same code in production and in a deterministic simulator.',
    )
    .showHelpAfterError('(orrery --help tells what there is)')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', HELP);
  if (args.includes('--version') || args.includes('-V')) {
    program.version((await import('./made-by.js')).packageVersion());
  } else {
    program.option('-V, --version', 'print the version');
  }
  const called = args.find((arg) => COMMANDS.some(({ name }) => name === arg));
  for (const { name, summary, register } of COMMANDS) {
    if (name === called) await register(program);
    else program.command(name).summary(summary);
  }
  teachOnError(program, 'orrery');
  return program;
}

/** Where a command was used wrongly, its own help is named, also of commands within commands. */
function teachOnError(parent: Command, path: string): void {
  for (const command of parent.commands) {
    const called = `${path} ${command.name()}`;
    command.exitOverride().showHelpAfterError(`(${called} --help tells what it takes)`);
    teachOnError(command, called);
  }
}

/** Answers the exit code for an error: a user's mistake is told in a sentence, a mistake of ours with its stack. */
function exitCodeFor(error: unknown): number {
  // Commander has printed its message, a suggestion, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.wrongUse;
  const colours = pc.createColors(process.stderr.isTTY === true && process.env['NO_COLOR'] === undefined);
  if (isUserMistake(error)) {
    console.error(`${colours.red('error:')} ${mistakeMessage(error)}`);
    return EXIT.wrongUse;
  }
  console.error(
    `${colours.red('internal error:')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return EXIT.internal;
}

async function main(args: readonly string[]): Promise<void> {
  // A reader that has seen enough, such as `head`, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  try {
    const program = await programFor(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeFor(error);
  }
}

/** Node's own code for a program that has nothing left to wait for while it awaits something at its top level. */
const NEVER_SETTLED = 13;

/** A module of the user's that never comes to be loaded would end all without a word. */
function tellOfEndlessLoading(): void {
  if (process.exitCode !== NEVER_SETTLED) return;
  console.error(
    'error: a module that was loaded awaits, at its top level, what never comes; a scenario or model must load without waiting',
  );
  process.exitCode = EXIT.wrongUse;
}

process.on('exit', tellOfEndlessLoading);
await main(process.argv.slice(2));
