import type { TurnGuard } from '../../runtime/turn-guard.js';

const STAGE = 0;
const SEED_LOW = 1;
const SEED_HIGH = 2;
const NODE = 3;
const STEP = 4;
const RUNS = 5;
const NOTE_BYTES = 6;
const WORDS = 8;
const NOTE_BYTES_MAX = 1024;
const TWO_32 = 0x1_0000_0000;

export const NO_NODE = -1;

/** `idle`: between runs; `preparing`: setup and plan are drawn; `running`: nodes run, or what they did is judged. */
export type RunStage = 'idle' | 'preparing' | 'running' | 'leaving';
const STAGES: readonly RunStage[] = ['idle', 'preparing', 'running', 'leaving'];

export interface Position {
  readonly stage: RunStage;
  readonly seed: number;
  /** -1 where no node runs. */
  readonly nodeIndex: number;
  /** 0 where the node has not begun a turn since its turn came. */
  readonly step: number;
  /** Goes up with every run that begins. */
  readonly runs: number;
  /** What the guard trapped last in this run, or ''. */
  readonly note: string;
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
    this.enterNode(NO_NODE);
    this.enterStage('preparing');
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

  /** Keeps what a guard trapped, as far as there is room for it. */
  note(text: string): void {
    const { written } = new TextEncoder().encodeInto(text, this.noteBytes);
    Atomics.store(this.words, NOTE_BYTES, written);
  }

  read(): Position {
    const word = (index: number): number => Atomics.load(this.words, index);
    const note = new TextDecoder().decode(this.noteBytes.slice(0, word(NOTE_BYTES)));
    return {
      stage: STAGES[word(STAGE)] ?? 'idle',
      seed: word(SEED_HIGH) * TWO_32 + (word(SEED_LOW) >>> 0),
      nodeIndex: word(NODE),
      step: word(STEP),
      runs: word(RUNS),
      note,
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
