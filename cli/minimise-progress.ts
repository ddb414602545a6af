import { SingleBar } from 'cli-progress';
import type { MinimiseProgress } from '../sim/hunt/minimise-failure.js';
import { formatCount, formatDuration } from './output.js';

/** Shows how far minimising has come, on stderr: a bar of the time budget on a terminal, a plain line now and then elsewhere. */
export interface MinimiseDisplay {
  show(progress: MinimiseProgress): void;
  clear(): void;
}

const PLAIN_EVERY_MS = 10_000;

export function minimiseDisplay(stream: NodeJS.WriteStream = process.stderr): MinimiseDisplay {
  return stream.isTTY === true ? new BarDisplay(stream) : new PlainDisplay(stream);
}

/** `leaving out requests: 3 faults, 41 requests, 5 nodes left after 87 runs, 4.2 s`. */
export function describeProgress(progress: MinimiseProgress): string {
  const { phase, runs, elapsedMs } = progress;
  const left = describeSize(progress);
  return `${DOING[phase]}: ${left} left after ${formatCount(runs, 'run')}, ${formatDuration(elapsedMs)}`;
}

export function describeSize(size: Pick<MinimiseProgress, 'faults' | 'requests' | 'nodes'>): string {
  const { faults, requests, nodes } = size;
  return [formatCount(faults, 'fault'), formatCount(requests, 'request'), formatCount(nodes, 'node')].join(', ');
}

const DOING = {
  reproducing: 'reproducing',
  cutting: 'cutting',
  faults: 'leaving out faults',
  workload: 'leaving out requests',
  nodes: 'leaving out nodes',
  simplifying: 'simplifying faults',
  moments: 'choosing moments',
  done: 'done',
} as const;

class BarDisplay implements MinimiseDisplay {
  private bar: SingleBar | undefined;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  show(progress: MinimiseProgress): void {
    const seconds = Math.floor(progress.elapsedMs / 1000);
    if (this.bar === undefined) this.begin(Math.ceil(progress.budgetMs / 1000));
    this.bar?.update(seconds, { what: describeProgress(progress) });
  }

  clear(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private begin(budgetS: number): void {
    this.bar = new SingleBar({
      stream: this.stream,
      format: '[{bar}] {value}/{total} s {what}',
      barsize: 24,
      barCompleteChar: '#',
      barIncompleteChar: '-',
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      stopOnComplete: false,
    });
    this.bar.start(budgetS, 0, { what: '' });
  }
}

class PlainDisplay implements MinimiseDisplay {
  private saidMs = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  show(progress: MinimiseProgress): void {
    if (progress.elapsedMs - this.saidMs < PLAIN_EVERY_MS) return;
    this.saidMs = progress.elapsedMs;
    this.stream.write(`${describeProgress(progress)}\n`);
  }

  clear(): void {}
}
