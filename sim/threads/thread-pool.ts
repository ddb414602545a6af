import { SimulationThread } from './simulation-thread.js';

/** Worker threads that stay warm between runs: starting one costs some 30 ms, more than many a run. */
export class ThreadPool {
  private readonly idle: SimulationThread[] = [];
  private isClosed = false;

  /** @param memoryMb of the heap of each thread, at most. */
  constructor(private readonly memoryMb?: number) {}

  /** Threads for one run; give them back with `release`. */
  acquire(count: number): readonly SimulationThread[] {
    if (this.isClosed) throw new Error('the thread pool is closed');
    return Array.from({ length: count }, () => this.idle.pop() ?? new SimulationThread(this.memoryMb));
  }

  /** Keeps the threads that can be used again and ends the others. */
  async release(threads: readonly SimulationThread[]): Promise<void> {
    const isKept = (thread: SimulationThread): boolean => thread.isUsable && !this.isClosed;
    this.idle.push(...threads.filter(isKept));
    await Promise.all(threads.filter((thread) => !isKept(thread)).map((thread) => thread.terminate()));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.idle.splice(0).map((thread) => thread.terminate()));
  }
}
