import { pathToFileURL } from 'node:url';
import { findNotPlain, type Plain } from '../../../runtime/data.js';
import { NodeSetupError } from '../../../runtime/node/index.js';
import type { WorkResult } from '../../../runtime/ports.js';
import type { WorkInput } from '../../actors/worker-attempts.js';
import type { Executor, RunningWork } from './executor.js';

/** What a function of a task is told besides its input. */
export interface FunctionContext {
  readonly taskId: string;
  readonly executionId: string;
  readonly attempt: number;
  /** Goes with every effect: whoever guards it refuses lower tokens. */
  readonly fencingToken: number;
  readonly nominalMs: number;
  readonly sinkUrl: string;
  /** Lamport clock of the node: whoever observes an effect counts on from there. */
  readonly clock: number;
  /** Aborted when the attempt is over its time, cancelled, or no longer this worker's. */
  readonly signal: AbortSignal;
}

/** A function that tasks may run. What it answers is kept as the result and must be plain data (undefined counts as null). */
export type TaskFunction = (input: Plain, context: FunctionContext) => unknown;

const MAX_RESULT_LENGTH = 65_536;

/**
 * Runs functions in this process. One that blocks the event loop blocks the node; one that ignores its signal goes on after it
 * was given up, and its effects are then refused by their fencing token.
 */
export class FunctionExecutor implements Executor {
  constructor(
    private readonly functions: ReadonlyMap<string, TaskFunction>,
    private readonly sinkUrl: string,
    private readonly lamport: () => number,
  ) {}

  run(input: WorkInput, done: (result: WorkResult) => void): RunningWork {
    const abort = new AbortController();
    const { executor } = input;
    const name = executor.kind === 'function' ? executor.name : '';
    const given = executor.kind === 'function' ? executor.input : null;
    const found = this.functions.get(name);
    if (found === undefined) {
      const known = [...this.functions.keys()].sort().join(', ') || 'none';
      const error = `no function ${JSON.stringify(name)} is registered at this node (it has: ${known})`;
      setImmediate(() => done({ ok: false, error, mayHaveHappened: false }));
    } else {
      void this.#call(found, given, input, abort.signal).then(done);
    }
    const cancel = (): void => abort.abort(new Error('the attempt was given up'));
    return { cancel, kill: cancel };
  }

  async #call(task: TaskFunction, given: Plain, input: WorkInput, signal: AbortSignal): Promise<WorkResult> {
    const { taskId, executionId, attempt, fencingToken, nominalMs } = input;
    const context = {
      taskId,
      executionId,
      attempt,
      fencingToken,
      nominalMs,
      sinkUrl: this.sinkUrl,
      clock: this.lamport(),
      signal,
    };
    try {
      return judge((await task(structuredClone(given), context)) ?? null);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { ok: false, error: message.slice(0, 300).toWellFormed(), mayHaveHappened: true };
    }
  }
}

function judge(value: unknown): WorkResult {
  const fault = findNotPlain(value, 'result') ?? findTooLong(value);
  if (fault === undefined) return { ok: true, value: value as Plain };
  return { ok: false, error: `the function has run, but its result cannot be kept: ${fault}`, mayHaveHappened: true };
}

function findTooLong(value: unknown): string | undefined {
  const { length } = JSON.stringify(value);
  return length <= MAX_RESULT_LENGTH ? undefined : `result: ${length} characters of JSON, at most ${MAX_RESULT_LENGTH}`;
}

/** The functions that a module exports, by name. Rejects where the module cannot be loaded or exports none. */
export async function loadFunctions(file: string): Promise<ReadonlyMap<string, TaskFunction>> {
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new NodeSetupError(
      `cannot load functions from ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const functions = Object.entries(module).filter(
    (entry): entry is [string, TaskFunction] => typeof entry[1] === 'function',
  );
  if (functions.length === 0)
    throw new NodeSetupError(`${file} exports no functions; tasks can run what it exports by name`);
  return new Map(functions);
}
