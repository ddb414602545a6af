import type { Plain } from '../../runtime/data.js';
import type { TraceRecord } from '../run.js';
import { FingerprintChains } from './fingerprint.js';
import { stepOf, timeOfUs } from './first-difference.js';
import { formatMs, traceLine } from './trace-lines.js';

/** What a run did, in little: enough to tell at which step another run of it parted from it. */
export interface RunDigest {
  /** Steps from one mark to the next; 1 where the run is short enough to keep every step. */
  readonly stride: number;
  /** By node: how many steps it took, and after every `stride` steps and after the last, 4 hexadecimal digits of all it had done. */
  readonly nodes: Readonly<Record<string, NodeDigest>>;
  /** The last of what happened, for people. */
  readonly last: readonly DigestLine[];
}

export interface NodeDigest {
  readonly steps: number;
  readonly marks: string;
}

export interface DigestLine {
  readonly step: string;
  readonly atMs: string;
  readonly text: string;
}

/** Where a run parted from the one that was recorded. */
export interface Divergence {
  /** The first step that may differ, `node:step`. */
  readonly step: string;
  /** The last of them: the same step where every step was kept. */
  readonly untilStep: string;
  /** When it did that now; undefined where it never came to it. */
  readonly atMs: number | undefined;
  /** What the step did then and does now, as far as it is known. */
  readonly then: readonly string[];
  readonly now: readonly string[];
}

const MARKS_MAX = 32_768;
const LINES_KEPT = 60;
const MARK_DIGITS = 4;

/** @param trace with deliveries and steps, in trace order. */
export function digestOf(trace: readonly TraceRecord[]): RunDigest {
  const steps = lastSteps(trace);
  const total = [...steps.values()].reduce((sum, count) => sum + count, 0);
  const stride = Math.max(1, Math.ceil(total / MARKS_MAX));
  const marks = marksOf(trace, stride, steps);
  const nodes: Record<string, NodeDigest> = {};
  for (const [node, count] of steps) nodes[node] = { steps: count, marks: marks.get(node) ?? '' };
  const last = trace
    .slice(-LINES_KEPT)
    .map(traceLine)
    .map(({ step, atMs, text }) => ({ step, atMs, text }));
  return { stride, nodes, last };
}

/** The first step at which a run differs from the one that a digest was made of, or undefined where it does all that that did. */
export function findDivergence(digest: RunDigest, trace: readonly TraceRecord[]): Divergence | undefined {
  const recorded = new Map(Object.entries(digest.nodes).map(([node, { steps }]) => [node, steps]));
  const marks = marksOf(trace, digest.stride, recorded);
  const candidates: { node: string; from: number; until: number; atUs: number }[] = [];
  for (const [node, then] of Object.entries(digest.nodes)) {
    const now = marks.get(node) ?? '';
    if (now === then.marks) continue;
    const agreed = agreedMarks(then.marks, now);
    const from = agreed * digest.stride + 1;
    const until = Math.max(from, Math.min((agreed + 1) * digest.stride, then.steps));
    candidates.push({ node, from, until, atUs: timeOfStepUs(trace, node, from) });
  }
  candidates.sort((a, b) => a.atUs - b.atUs);
  const [first] = candidates;
  if (first === undefined) return undefined;
  const { node, from, until, atUs } = first;
  const step = `${node}:${from}`;
  const then = digest.last.filter((line) => line.step === step).map(({ atMs, text }) => `${atMs} ms ${text}`);
  const now = trace.filter((record) => stepOf(record) === step).map(describe);
  return { step, untilStep: `${node}:${until}`, atMs: atUs === Infinity ? undefined : atUs / 1000, then, now };
}

function describe(record: TraceRecord): string {
  return `${formatMs(timeOfUs(record))} ms ${traceLine(record).text}`;
}

function lastSteps(trace: readonly TraceRecord[]): Map<string, number> {
  const steps = new Map<string, number>();
  for (const record of trace) {
    if (record.kind === 'fault') continue;
    const { node, step } = placeOf(record);
    steps.set(node, Math.max(step, steps.get(node) ?? 0));
  }
  return steps;
}

/** By node, the marks at every `stride` steps and at the last step given; they end where the node took no more steps. */
function marksOf(
  trace: readonly TraceRecord[],
  stride: number,
  lastStep: ReadonlyMap<string, number>,
): ReadonlyMap<string, string> {
  const chains = new FingerprintChains(lastStep.size);
  const marks = new Map([...lastStep].map(([node, last], index) => [node, new Marks(chains, index, stride, last)]));
  for (const record of trace) {
    if (record.kind === 'fault') continue;
    const { node, step } = placeOf(record);
    marks.get(node)?.take(step, record);
  }
  return new Map([...marks].map(([node, ofNode]) => [node, ofNode.end()]));
}

/** The chain of all that one node does, and the marks that it leaves on the way. */
class Marks {
  private text = '';
  private step = 0;
  private nextMark: number;

  constructor(
    private readonly chains: FingerprintChains,
    private readonly index: number,
    private readonly stride: number,
    private readonly last: number,
  ) {
    this.nextMark = Math.min(stride, last);
  }

  take(step: number, record: TraceRecord): void {
    this.markBefore(step);
    this.step = Math.max(step, this.step);
    this.chains.plain(this.index, record as unknown as Plain);
  }

  end(): string {
    this.markBefore(this.step + 1);
    return this.text;
  }

  private markBefore(step: number): void {
    while (this.nextMark < step && this.text.length < MARK_DIGITS * Math.ceil(this.last / this.stride)) {
      const [first, second] = this.chains.lanesOf(this.index);
      this.text += ((first ^ second) & 0xffff).toString(16).padStart(MARK_DIGITS, '0');
      this.nextMark = Math.min(this.nextMark + this.stride, this.last);
    }
  }
}

function agreedMarks(then: string, now: string): number {
  let at = 0;
  while (at < then.length && then.slice(at, at + MARK_DIGITS) === now.slice(at, at + MARK_DIGITS)) at += MARK_DIGITS;
  return at / MARK_DIGITS;
}

function timeOfStepUs(trace: readonly TraceRecord[], node: string, step: number): number {
  const record = trace.find((other) => {
    if (other.kind === 'fault') return false;
    const place = placeOf(other);
    return place.node === node && place.step >= step;
  });
  return record === undefined ? Infinity : timeOfUs(record);
}

function placeOf(record: Exclude<TraceRecord, { kind: 'fault' }>): { readonly node: string; readonly step: number } {
  return record.kind === 'observation' ? record.record : record;
}
