import { Piscina } from 'piscina';
import { RunPosition, type Position } from '../threads/run-position.js';
import type { Job, JobResult } from './job.js';

/** Why a job came to nothing. */
export interface LostJob {
  readonly reason: string;
  /** Where its thread was last. */
  readonly position: Position;
  /** It was the run at this position that did not come back: the others of the job are blameless. */
  readonly isHang: boolean;
}

/** What goes to a worker of the pool. */
export interface SentJob {
  readonly job: Job;
  /** Memory of a `RunPosition`. */
  readonly position: SharedArrayBuffer;
}

const LOOK_EVERY_MS = 1_000;
/** To load the modules of a scenario, before its first run. */
const LOADING_MS = 60_000;

/** Worker threads that carry out jobs; one that dies or does not come back takes only its own job with it. */
export class HuntPool {
  private readonly pool: Piscina<SentJob, JobResult>;
  private readonly interrupted = new AbortController();

  /**
   * @param placementUsesThreads the workers wait for threads of their own, so they may not sleep meanwhile.
   * @param memoryMb of the heap of each worker, at most; absent: as Node's own.
   */
  constructor(workers: number, placementUsesThreads: boolean, memoryMb?: number) {
    this.pool = new Piscina<SentJob, JobResult>({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      atomics: placementUsesThreads ? 'disabled' : 'sync',
      ...(memoryMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
    });
    // A thread that dies between jobs is replaced by the pool; one that dies in a job fails the job.
    this.pool.on('error', () => undefined);
  }

  /** Never rejects. A run that takes longer than the job's limit ends its thread, and the job is lost. */
  async run(job: Job): Promise<JobResult | LostJob> {
    const { timeoutMs, memoryMb } = job.limits;
    const position = new RunPosition();
    const hang = new AbortController();
    const stopWatching = watchRuns(position, allowedMs(job), () => hang.abort());
    const lost = (reason: string): LostJob => ({ reason, position: position.read(), isHang: hang.signal.aborted });
    try {
      const signal = AbortSignal.any([hang.signal, this.interrupted.signal]);
      return await this.pool.run({ job, position: position.memory }, { signal });
    } catch (error) {
      if (this.interrupted.signal.aborted) return lost('interrupted');
      if (hang.signal.aborted) return lost(`did not come back within ${timeoutMs / 1000} s`);
      return lost(describe(error, memoryMb));
    } finally {
      stopWatching();
    }
  }

  /** Ends what is running. */
  interrupt(): void {
    this.interrupted.abort();
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

/** Threads of a run are watched where they are started, by who knows which of them hangs: that one comes first. */
function allowedMs({ placement, limits }: Job): number {
  return placement.kind === 'threads' ? 2 * limits.timeoutMs + 10_000 : limits.timeoutMs;
}

/** Calls `hangs` once a run takes longer than `timeoutMs`. */
function watchRuns(position: RunPosition, timeoutMs: number, hangs: () => void): () => void {
  let runs = 0;
  let sinceMs = performance.now();
  const look = (): void => {
    const now = position.read().runs;
    if (now !== runs) {
      runs = now;
      sinceMs = performance.now();
    } else if (performance.now() - sinceMs > (runs === 0 ? Math.max(LOADING_MS, timeoutMs) : timeoutMs)) {
      hangs();
    }
  };
  const interval = setInterval(look, Math.max(10, Math.min(LOOK_EVERY_MS, timeoutMs / 4)));
  return () => clearInterval(interval);
}

/** The message of what ended a thread, with the place where that is known. */
function describe(error: unknown, memoryMb: number | undefined): string {
  if (!(error instanceof Error)) return `its thread ended: ${String(error)}`;
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return `its heap ran out${memoryMb === undefined ? '' : ` (more than ${memoryMb} MB)`}`;
  }
  const place = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at ') && !line.includes('node:'));
  return `its thread ended: ${error.name}: ${error.message}${place === undefined ? '' : ` (${place.trim()})`}`;
}
