import { assert } from '../../runtime/assert.js';
import { drawFate, foldWord, hashText, isWithinPpm, scaleFate } from '../fate.js';
import { EXPONENTIAL_QUANTILES } from './exponential-table.js';

/** How long the messages of a link take, in milliseconds, drawn anew for each message. */
export type LatencyModel = LatencyShape & {
  /** On top, for each directed link the same throughout the run: drawn from 0 to this. */
  readonly linkOffsetMs?: number;
};

export type LatencyShape =
  | { readonly kind: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** `minMs` and on top of it an exponential wait with the mean `meanMs`; what would be over `maxMs` is `maxMs`. */
  | { readonly kind: 'exponential'; readonly minMs: number; readonly meanMs: number; readonly maxMs: number }
  /** Uniform, but for a share that is slow: the tail. */
  | {
      readonly kind: 'bimodal';
      readonly minMs: number;
      readonly maxMs: number;
      readonly slowPpm: number;
      readonly slowMinMs: number;
      readonly slowMaxMs: number;
    };

/** The same in whole microseconds, as it is drawn from. Plain data. */
export interface Latency {
  readonly kind: LatencyModel['kind'];
  readonly minUs: number;
  readonly maxUs: number;
  /** Exponential: mean of what comes on top of `minUs`. */
  readonly meanUs: number;
  /** Bimodal: parts per million that take from `slowMinUs` to `slowMaxUs`. */
  readonly slowPpm: number;
  readonly slowMinUs: number;
  readonly slowMaxUs: number;
  readonly linkOffsetUs: number;
}

const OFFSET = 0x6f666673;
const TAIL = 0x7461696c;

/** Microseconds, from `minUs`; the words decide. */
export function drawLatencyUs(
  latency: Latency,
  key: number,
  link: number,
  typeHash: number,
  occurrence: number,
): number {
  const { minUs, maxUs, linkOffsetUs } = latency;
  const fate = drawFate(key, link, typeHash, occurrence);
  const offsetUs = linkOffsetUs === 0 ? 0 : scaleFate(drawFate(key ^ OFFSET, link, 0, 0), linkOffsetUs + 1);
  if (latency.kind === 'exponential') return offsetUs + minUs + drawExponential(fate, latency.meanUs, maxUs - minUs);
  if (latency.kind === 'bimodal' && isWithinPpm(drawFate(key ^ TAIL, link, typeHash, occurrence), latency.slowPpm)) {
    return offsetUs + latency.slowMinUs + scaleFate(fate, latency.slowMaxUs - latency.slowMinUs + 1);
  }
  return offsetUs + minUs + scaleFate(fate, maxUs - minUs + 1);
}

const LAST_CELL = 255;
/** Each level has 8 bits of the fate for the cell and 8 for the place in it. */
const LEVELS = 3;

/** An exponential wait, whole, at most `cap`: by the table, which the last cell begins anew, since the distribution has no memory. */
function drawExponential(fate: number, mean: number, cap: number): number {
  let bits = fate;
  let whole = 0;
  for (let level = 0; level < LEVELS; level++) {
    const cell = bits >>> 24;
    bits = (bits << 8) >>> 0;
    const low = EXPONENTIAL_QUANTILES[cell]!;
    if (cell < LAST_CELL) {
      const rise = EXPONENTIAL_QUANTILES[cell + 1]! - low;
      return Math.min(cap, scaled(whole + low + ((rise * (bits >>> 24)) >>> 8), mean));
    }
    whole += low;
  }
  return Math.min(cap, scaled(whole, mean));
}

function scaled(parts: number, mean: number): number {
  return Math.floor((parts * mean) / 0x1_0000);
}

/**
 * When a message arrives is asked of a strategy, at the sender. Must answer at least the least latency of any link, or a negative number
 * for a message that is lost.
 */
export interface ArrivalStrategy {
  /** Hashes of the names of both nodes and of the message's type; `occurrence` counts messages of that type on that link. */
  latencyUs(fromHash: number, toHash: number, typeHash: number, occurrence: number): number;
  /** The phase of faults is over for the links among these nodes: what it does to them that is worse than the scenario's own latencies ends. */
  healWithin?(coreHashes: ReadonlySet<number>): void;
}

/** The same latency model for all links, drawn from the seed for each message. */
export class SeededLatency implements ArrivalStrategy {
  private readonly key: number;

  constructor(
    seedHash: number,
    private readonly latency: Latency,
  ) {
    assert(latency.minUs > 0 && latency.maxUs >= latency.minUs, 'latencies must be positive, the least first');
    this.key = foldWord(seedHash, hashText('latency'));
  }

  latencyUs(fromHash: number, toHash: number, typeHash: number, occurrence: number): number {
    return drawLatencyUs(this.latency, this.key, foldWord(fromHash, toHash), typeHash, occurrence);
  }
}

/** A latency model for each link, asked for when its first message is sent. */
export class LatencyPerLink implements ArrivalStrategy {
  private readonly key: number;
  /** By the hash of the sender, then of the receiver. */
  private readonly known = new Map<number, Map<number, Latency>>();

  constructor(
    seedHash: number,
    private readonly latencyOf: (fromHash: number, toHash: number) => Latency,
  ) {
    this.key = foldWord(seedHash, hashText('latency'));
  }

  latencyUs(fromHash: number, toHash: number, typeHash: number, occurrence: number): number {
    const latency = this.known.get(fromHash)?.get(toHash) ?? this.learn(fromHash, toHash);
    return drawLatencyUs(latency, this.key, foldWord(fromHash, toHash), typeHash, occurrence);
  }

  private learn(fromHash: number, toHash: number): Latency {
    const latency = this.latencyOf(fromHash, toHash);
    const ofSender = this.known.get(fromHash) ?? new Map<number, Latency>();
    ofSender.set(toHash, latency);
    this.known.set(fromHash, ofSender);
    return latency;
  }
}
