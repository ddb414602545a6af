import { Piscina } from 'piscina';
import type { Job, JobResult } from './job.js';

/** Why a job came to nothing. */
export interface LostJob {
  readonly reason: string;
}

/** Worker threads that carry out jobs; one that dies or does not come back takes only its own job with it. */
export class HuntPool {
  private readonly pool: Piscina<Job, JobResult>;
  private readonly interrupted = new AbortController();

  /** @param placementUsesThreads the workers wait for threads of their own, so they may not sleep meanwhile. */
  constructor(workers: number, placementUsesThreads: boolean) {
    this.pool = new Piscina<Job, JobResult>({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      atomics: placementUsesThreads ? 'disabled' : 'sync',
    });
    // A thread that dies between jobs is replaced by the pool; one that dies in a job fails the job.
    this.pool.on('error', () => undefined);
  }

  /** Never rejects. After `timeoutMs` the thread is ended, and the job is lost. */
  async run(job: Job, timeoutMs: number): Promise<JobResult | LostJob> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      return await this.pool.run(job, { signal: AbortSignal.any([timeout.signal, this.interrupted.signal]) });
    } catch (error) {
      if (this.interrupted.signal.aborted) return { reason: 'interrupted' };
      if (timeout.signal.aborted) return { reason: `did not end within ${timeoutMs / 1000} s` };
      return { reason: describe(error) };
    } finally {
      clearTimeout(timer);
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

/** The message of what ended a thread, with the place where that is known. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `its thread ended: ${String(error)}`;
  const place = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at ') && !line.includes('node:'));
  return `its thread ended: ${error.name}: ${error.message}${place === undefined ? '' : ` (${place.trim()})`}`;
}
