import type { WorkResult } from '../../../runtime/ports.js';
import type { WorkInput } from '../../actors/worker-attempts.js';
import type { Executor, RunningWork } from './executor.js';
import { ShellProcess, type ShellOutcome } from './shell-process.js';

export interface ShellOptions {
  readonly directory: string;
  /** Variables of every command, besides those of Orrery. */
  readonly environment: Readonly<Record<string, string>>;
  readonly maxOutputBytes: number;
  readonly killGraceMs: number;
  readonly sinkUrl: string;
  /** Lamport clock of the node. */
  lamport(): number;
}

const REASON_LENGTH = 300;

/**
 * Runs the command of a task. What it needs for an effect that happens once stands in its environment: ORRERY_TASK,
 * ORRERY_EXECUTION_ID, ORRERY_ATTEMPT, ORRERY_FENCING_TOKEN, ORRERY_NOMINAL_MS,
 * ORRERY_SINK_URL. ORRERY_CLOCK is the Lamport clock of its start: whoever observes its effects counts on from there.
 */
export class ShellExecutor implements Executor {
  constructor(private readonly options: ShellOptions) {}

  run(input: WorkInput, done: (result: WorkResult) => void): RunningWork {
    const { directory, maxOutputBytes, killGraceMs } = this.options;
    const command = input.executor.kind === 'shell' ? input.executor.command : '';
    const shell = new ShellProcess(
      { command, directory, environment: this.#environment(input), maxOutputBytes, killGraceMs },
      (outcome) => done(resultOf(outcome)),
    );
    return { cancel: () => shell.terminate(), kill: () => shell.kill() };
  }

  #environment(input: WorkInput): Readonly<Record<string, string>> {
    return {
      ...this.options.environment,
      ORRERY_TASK: input.taskId,
      ORRERY_EXECUTION_ID: input.executionId,
      ORRERY_ATTEMPT: String(input.attempt),
      ORRERY_FENCING_TOKEN: String(input.fencingToken),
      ORRERY_NOMINAL_MS: String(input.nominalMs),
      ORRERY_SINK_URL: this.options.sinkUrl,
      ORRERY_CLOCK: String(this.options.lamport()),
    };
  }
}

function resultOf({ exitCode, signal, startError, output }: ShellOutcome): WorkResult {
  if (startError !== undefined) return { ok: false, error: `cannot start: ${startError}`, mayHaveHappened: false };
  if (exitCode === 0) return { ok: true, value: { exitCode, output } };
  const how = exitCode === null ? `ended by ${signal ?? 'a signal'}` : `exit code ${exitCode}`;
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const reason = last === '' ? how : `${how}: ${last}`;
  return { ok: false, error: reason.slice(0, REASON_LENGTH).toWellFormed(), mayHaveHappened: true };
}
