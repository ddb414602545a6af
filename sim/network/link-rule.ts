import type { Latency } from './latency.js';

/** A network fault as it acts on links, directed from any node of `from` to any of `to` (indexes). Plain data. */
export interface LinkRule {
  /** The name of the planned fault: what its fates are drawn from. */
  readonly name: string;
  readonly effect: LinkEffect;
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** It concerns messages of this type only. */
  readonly type?: string;
  /** It strikes at most so many messages of each link, the first that it would. */
  readonly mostPerLink?: number;
}

export type LinkEffect =
  | { readonly kind: 'cut' }
  /** A share of the pairs of nodes is cut, in both directions, all the while. */
  | { readonly kind: 'cut-pairs'; readonly ppm: number }
  | { readonly kind: 'drop'; readonly ppm: number }
  | { readonly kind: 'duplicate'; readonly ppm: number }
  /** A share of the messages comes up to `extraUs` later, behind others sent after them. */
  | { readonly kind: 'reorder'; readonly ppm: number; readonly extraUs: number }
  /** A share of the messages comes once more, that much later. */
  | { readonly kind: 'replay'; readonly ppm: number; readonly minUs: number; readonly maxUs: number }
  | { readonly kind: 'slow'; readonly extraUs: number }
  /** What is drawn comes on top of the usual latency. */
  | { readonly kind: 'latency'; readonly latency: Latency }
  /** Each link carries so many bytes a second; what waits for its turn fills a queue, and what does not fit in is lost. */
  | { readonly kind: 'bandwidth'; readonly bytesPerS: number; readonly queueBytes: number }
  /** Messages set out when it ends, each with its own latency. */
  | { readonly kind: 'clog' }
  /** Messages are kept and come all at once when it ends. */
  | { readonly kind: 'hold'; readonly order: 'sent' | 'drawn' }
  /** A share of the messages has a bit flipped on the way, which breaks the connection. */
  | { readonly kind: 'corrupt'; readonly ppm: number }
  /** The connection is opened anew; messages wait for that. */
  | { readonly kind: 'reconnect' }
  /** The sender believes in a connection that is gone, until it has heard nothing for `timeoutUs`. */
  | { readonly kind: 'half-open'; readonly timeoutUs: number };
