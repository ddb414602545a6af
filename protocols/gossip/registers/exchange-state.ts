import type { NodeId } from '../../../runtime/address.js';
import type { Context } from '../../../runtime/context.js';
import type { Dissemination } from '../dissemination.js';
import type { GossipOptions } from '../options.js';
import type { Freshness } from './freshness.js';
import type { ExchangeMessage } from './messages.js';
import type { Replica } from './replica.js';

/** What a replica needs to exchange registers with the others. */
export interface Exchange {
  readonly options: GossipOptions;
  readonly replica: Replica;
  /** Keys of which the present version is still to be pushed on. */
  readonly news: Dissemination<string>;
  /** By peer, the peer's revision up to which everything it holds has been merged here. Lost with the memory, and built up again. */
  readonly followed: Map<NodeId, number>;
  /** Which eras tell how old the registers are that come, and that go. */
  readonly freshness: Freshness;
  /** Since when what may be forgotten has been deleted, by this life's monotonic clock. */
  readonly deletedAtMs: Map<string, number>;
  /** All others that membership knows, and which of them it does not believe dead. */
  readonly peers: { all: readonly NodeId[]; reachable: readonly NodeId[] };
}

export type ExchangeContext = Context<ExchangeMessage>;
