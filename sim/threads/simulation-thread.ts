import { Worker } from 'node:worker_threads';
import { NO_NODE, RunPosition } from './run-position.js';
import type { ThreadAnswer, ThreadRequest } from './thread-messages.js';

/**
 * A worker thread of a simulation died, hung or failed. `nodeIndex` is the node that it was running, -1 if none; `step` is
 * that of its last turn, 0 where none had begun.
 */
export class ThreadFailure extends Error {
  constructor(
    message: string,
    readonly nodeIndex: number,
    readonly step: number,
  ) {
    super(message);
    this.name = 'ThreadFailure';
  }
}

interface Waiting {
  resolve(answer: ThreadAnswer): void;
  reject(error: Error): void;
}

/** One worker thread, kept warm between runs. Takes one request at a time. */
export class SimulationThread {
  private readonly worker: Worker;
  private readonly position = new RunPosition();
  private waiting: Waiting | undefined;
  private death: string | undefined;

  /** @param memoryMb of its heap, at most; absent: as Node's own. */
  constructor(memoryMb?: number) {
    this.position.enterNode(NO_NODE);
    this.worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { position: this.position.memory },
      ...(memoryMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
    });
    this.worker.unref();
    this.worker.on('message', (answer: ThreadAnswer) => this.settle(answer));
    this.worker.on('error', (error) => this.die(`crashed: ${error.message}`));
    this.worker.on('exit', (code) => this.die(`ended with exit code ${code}`));
  }

  get isUsable(): boolean {
    return this.death === undefined && this.waiting === undefined;
  }

  /** A failure at the node that the thread is running at this moment. */
  failure(message: string): ThreadFailure {
    const { nodeIndex, step } = this.position.read();
    return new ThreadFailure(message, nodeIndex, step);
  }

  /** Rejects with `ThreadFailure` where the thread dies or what it was asked cannot be done. */
  ask(request: ThreadRequest): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => {
      if (this.death !== undefined) return reject(this.failure(this.death));
      if (this.waiting !== undefined) return reject(new Error('a simulation thread takes one request at a time'));
      this.waiting = { resolve, reject };
      // While a run waits for it, the thread keeps the process alive; idle, it does not.
      this.worker.ref();
      this.worker.postMessage(request);
    });
  }

  async terminate(): Promise<void> {
    // At once, so that nobody takes for usable what is about to die.
    this.death ??= 'was terminated';
    await this.worker.terminate();
  }

  private settle(answer: ThreadAnswer): void {
    const { waiting } = this;
    this.waiting = undefined;
    this.worker.unref();
    if (answer.kind === 'failed') waiting?.reject(this.failure(answer.text));
    else waiting?.resolve(answer);
  }

  private die(reason: string): void {
    this.death ??= reason;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(this.failure(this.death));
  }
}
