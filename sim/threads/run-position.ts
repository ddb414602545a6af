import type { TurnGuard } from '../../runtime/turn-guard.js';

const STAGE = 0;
const SEED_LOW = 1;
const SEED_HIGH = 2;
const NODE = 3;
const STEP = 4;
const RUNS = 5;
const NOTE_BYTES = 6;
const NOTE_NODE = 7;
const NOTE_STEP = 8;
const WORDS = 10;
const NOTE_BYTES_MAX = 1024;
const TWO_32 = 0x1_0000_0000;

/** No node runs: what they did is taken in and judged. */
export const NO_NODE = -1;
/** No node has run yet: setup and plan are drawn, programs are made. */
const BEFORE_NODES = -2;

/** `leaving`: the run is over, and what it left in the queues of its thread has its turn. */
export type RunStage = 'idle' | 'running' | 'leaving';
const STAGES: readonly RunStage[] = ['idle', 'running', 'leaving'];

export interface Position {
  readonly stage: RunStage;
  readonly seed: number;
  /** Below 0 where no node runs. */
  readonly nodeIndex: number;
  /** 0 where the node has not begun a turn since its turn came. */
  readonly step: number;
  /** Whether nodes have begun to run. */
  readonly isPrepared: boolean;
  /** Goes up with every run that begins. */
  readonly runs: number;
  /** What the guard trapped last in this run. */
  readonly note: { readonly text: string; readonly nodeIndex: number; readonly step: number } | undefined;
}

/**
 * Where a thread is in its run, in memory that it shares with whoever watches it: an endless loop answers no message, but
 * its last position can be read.
 */
export class RunPosition {
  private readonly words: Int32Array;
  private readonly noteBytes: Uint8Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4 + NOTE_BYTES_MAX)) {
    this.words = new Int32Array(memory, 0, WORDS);
    this.noteBytes = new Uint8Array(memory, WORDS * 4);
  }

  beginRun(seed: number): void {
    const { words } = this;
    Atomics.store(words, SEED_LOW, seed | 0);
    Atomics.store(words, SEED_HIGH, Math.floor(seed / TWO_32));
    Atomics.store(words, NOTE_BYTES, 0);
    this.enterNode(BEFORE_NODES);
    this.enterStage('running');
    Atomics.add(words, RUNS, 1);
  }

  enterStage(stage: RunStage): void {
    Atomics.store(this.words, STAGE, STAGES.indexOf(stage));
  }

  enterNode(nodeIndex: number): void {
    Atomics.store(this.words, STEP, 0);
    Atomics.store(this.words, NODE, nodeIndex);
  }

  enterTurn(step: number): void {
    Atomics.store(this.words, STEP, step);
  }

  /** Keeps what a guard trapped in the present turn, as far as there is room for it. */
  note(text: string): void {
    const { words } = this;
    const { written } = new TextEncoder().encodeInto(text, this.noteBytes);
    Atomics.store(words, NOTE_NODE, Atomics.load(words, NODE));
    Atomics.store(words, NOTE_STEP, Atomics.load(words, STEP));
    Atomics.store(words, NOTE_BYTES, written);
  }

  read(): Position {
    const word = (index: number): number => Atomics.load(this.words, index);
    const text = new TextDecoder().decode(this.noteBytes.slice(0, word(NOTE_BYTES)));
    return {
      stage: STAGES[word(STAGE)] ?? 'idle',
      seed: word(SEED_HIGH) * TWO_32 + (word(SEED_LOW) >>> 0),
      nodeIndex: word(NODE),
      step: word(STEP),
      isPrepared: word(NODE) !== BEFORE_NODES,
      runs: word(RUNS),
      note: text === '' ? undefined : { text, nodeIndex: word(NOTE_NODE), step: word(NOTE_STEP) },
    };
  }
}

/** Keeps the step of each turn in a position, and lets another guard watch as well. */
export function positionedTurns(position: RunPosition, inner: TurnGuard | undefined): TurnGuard {
  if (inner === undefined) return { enter: (_node, _actor, step) => position.enterTurn(step), leave: () => undefined };
  return {
    enter(node, actor, step) {
      position.enterTurn(step);
      inner.enter(node, actor, step);
    },
    leave: () => inner.leave(),
  };
}
