import { SingleBar } from 'cli-progress';
import { formatCount, formatDuration, formatNumber } from './output.js';

/** How far something has come that takes a known number of seeds. */
export interface HuntState {
  readonly label: string;
  readonly done: number;
  readonly wanted: number;
  readonly failures: number;
  readonly simulatedMs: number;
  /** Until a time budget is spent. */
  readonly leftMs?: number | undefined;
}

/** Shows progress on stderr: a bar on a terminal, a plain line from time to time elsewhere. */
export interface ProgressDisplay {
  show(state: HuntState): void;
  /** Takes the bar away, so that something can be printed. */
  clear(): void;
}

const PLAIN_EVERY_MS = 10_000;

export function progressDisplay(
  stream: NodeJS.WriteStream = process.stderr,
  nowMs = (): number => performance.now(),
): ProgressDisplay {
  return stream.isTTY === true ? new BarDisplay(stream, nowMs) : new PlainDisplay(stream, nowMs);
}

/** What was done before the clock began: an earlier hunt did it. */
type Baseline = Pick<HuntState, 'done' | 'simulatedMs'>;
const FROM_NOTHING: Baseline = Object.freeze({ done: 0, simulatedMs: 0 });

/** `31.5 seeds/s, 250 s/s simulated, ETA 12 s, 1 failure`. */
export function describeRate(state: HuntState, elapsedMs: number, from: Baseline = FROM_NOTHING): string {
  const { done, wanted, failures, leftMs = Infinity } = state;
  const simulatedMs = state.simulatedMs - from.simulatedMs;
  const perSecond = elapsedMs > 0 ? ((done - from.done) * 1000) / elapsedMs : 0;
  const neededMs = perSecond > 0 ? ((wanted - done) / perSecond) * 1000 : Infinity;
  const etaMs = Math.min(neededMs, leftMs);
  const eta = Number.isFinite(etaMs) && done < wanted ? [`ETA ${formatDuration(etaMs)}`] : [];
  return [
    `${formatNumber(perSecond)} seeds/s`,
    `${formatNumber(elapsedMs > 0 ? simulatedMs / elapsedMs : 0)} simulated s/s`,
    ...eta,
    formatCount(failures, 'failure'),
  ].join(', ');
}

class BarDisplay implements ProgressDisplay {
  private bar: SingleBar | undefined;
  private label: string | undefined;
  private startedMs = 0;
  private from: Baseline = FROM_NOTHING;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly nowMs: () => number,
  ) {}

  show(state: HuntState): void {
    if (this.bar === undefined || this.label !== state.label) this.begin(state);
    this.bar?.setTotal(state.wanted);
    this.bar?.update(state.done, { rate: describeRate(state, this.nowMs() - this.startedMs, this.from) });
  }

  clear(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private begin({ label, wanted, done, simulatedMs }: HuntState): void {
    this.clear();
    if (this.label !== label) {
      this.startedMs = this.nowMs();
      this.from = done > 0 ? { done, simulatedMs } : FROM_NOTHING;
    }
    this.label = label;
    this.bar = new SingleBar({
      stream: this.stream,
      format: `${label} [{bar}] {value}/{total} {rate}`,
      barsize: 24,
      barCompleteChar: '#',
      barIncompleteChar: '-',
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      stopOnComplete: false,
    });
    this.bar.start(wanted, 0, { rate: '' });
  }
}

class PlainDisplay implements ProgressDisplay {
  private label: string | undefined;
  private startedMs = 0;
  private from: Baseline = FROM_NOTHING;
  private saidMs = 0;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly nowMs: () => number,
  ) {}

  show(state: HuntState): void {
    const now = this.nowMs();
    if (this.label !== state.label) {
      this.label = state.label;
      this.startedMs = this.saidMs = now;
      this.from = state.done > 0 ? state : FROM_NOTHING;
    }
    if (now - this.saidMs < PLAIN_EVERY_MS) return;
    this.saidMs = now;
    this.stream.write(
      `${state.label}: ${state.done} of ${state.wanted} seeds, ${describeRate(state, now - this.startedMs, this.from)}\n`,
    );
  }

  clear(): void {}
}
