import type { CheckProgress } from '../../props/linearizability/index.js';
import { formatCount, formatDuration, formatNumber } from '../output.js';

const SILENT_MS = 1000;
const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 10_000;

/** Tells on stderr of a search that takes longer than a second: in one line on a terminal, in a line from time to time elsewhere. */
export class SearchProgress {
  private saidMs = -Infinity;

  constructor(
    private readonly label: string,
    private readonly budgetMs: number,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  show({ steps, parts, partsDone }: CheckProgress, elapsedMs: number): void {
    const everyMs = this.stream.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
    if (elapsedMs < SILENT_MS || elapsedMs - this.saidMs < everyMs) return;
    this.saidMs = elapsedMs;
    const left = `at most ${formatDuration(this.budgetMs - elapsedMs)} left`;
    const done = parts > 1 ? `, ${partsDone} of ${formatCount(parts, 'part')} done` : '';
    const text = `${this.label}: ${formatNumber(steps)} steps tried${done}, ${left}`;
    this.stream.write(this.stream.isTTY ? `\x1b[2K\r${text}` : `${text}\n`);
  }

  clear(): void {
    if (this.stream.isTTY && this.saidMs > 0) this.stream.write('\x1b[2K\r');
  }
}
