import type { WorkPort, WorkResult } from '../../../runtime/ports.js';
import type { Plain } from '../../../runtime/data.js';
import { t } from '../../../runtime/schema.js';
import type { WorkInput } from '../../actors/worker-attempts.js';
import { executorType, simulateType } from '../../definitions/index.js';

/** A way to run attempts: a shell, functions of a module. One for each kind that a task may ask for. */
export interface Executor {
  /** Starts an attempt. Calls `done` once, later, unless cancelled before. */
  run(input: WorkInput, done: (result: WorkResult) => void): RunningWork;
}

export interface RunningWork {
  /** Ends the attempt as far as possible; `done` is not waited for any more. */
  cancel(): void;
  /** Ends it at once: this process is about to end. */
  kill(): void;
}

const workInputType = t.object({
  executionId: t.string,
  taskId: t.string,
  attempt: t.int,
  fencingToken: t.int,
  nominalMs: t.int,
  timeoutMs: t.int,
  executor: executorType,
  simulate: simulateType,
});

/** Hands work to the executor of its kind. Executors may be registered while the node runs. */
export class WorkRouter implements WorkPort {
  readonly #executors = new Map<string, Executor>();
  readonly #running = new Map<number, RunningWork>();
  #hasStopped = false;

  constructor(private readonly done: (workId: number, result: WorkResult) => void) {}

  register(kind: string, executor: Executor): void {
    this.#executors.set(kind, executor);
  }

  get runningCount(): number {
    return this.#running.size;
  }

  start(workId: number, kind: string, input: Plain): void {
    if (this.#hasStopped) return;
    const fault = workInputType.check(input, 'work');
    if (fault !== undefined) return this.#refuse(workId, fault);
    const executor = this.#executors.get(kind);
    if (executor === undefined) {
      const known = [...this.#executors.keys()].join(', ') || 'none';
      return this.#refuse(
        workId,
        `this node has no ${kind} executor (it has: ${known}); see "executors" in its configuration`,
      );
    }
    const running = executor.run(input as unknown as WorkInput, (result) => {
      if (this.#running.delete(workId)) this.done(workId, result);
    });
    this.#running.set(workId, running);
  }

  cancel(workId: number): void {
    const running = this.#running.get(workId);
    this.#running.delete(workId);
    running?.cancel();
  }

  /** Ends all work, and takes up no more; none of it is reported. */
  stop(): void {
    this.#hasStopped = true;
    for (const running of this.#running.values()) running.kill();
    this.#running.clear();
  }

  #refuse(workId: number, error: string): void {
    setImmediate(() => this.done(workId, { ok: false, error, mayHaveHappened: false }));
  }
}
