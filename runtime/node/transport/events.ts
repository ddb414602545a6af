import type { NodeId } from '../../address.js';

export type DropReason = 'queue-full' | 'too-large' | 'too-old' | 'unknown-peer';

/** What a transport noticed, for logs and journals. `remote` is `host:port` of the other end. */
export type TransportEvent =
  | {
      readonly type: 'peer-connected';
      readonly peer: NodeId;
      readonly peerIncarnation: number;
      readonly remote: string;
    }
  | { readonly type: 'peer-disconnected'; readonly peer: NodeId; readonly reason: string }
  /** Told once for each new reason; dialling goes on. */
  | { readonly type: 'peer-unreachable'; readonly peer: NodeId; readonly reason: string }
  /** The peer will not have us, or is not whom we look for. Told once for each new reason; dialling goes on. */
  | { readonly type: 'refused-by-peer'; readonly peer: NodeId; readonly code: string; readonly reason: string }
  | {
      readonly type: 'connection-accepted';
      readonly peer: NodeId;
      readonly peerIncarnation: number;
      readonly remote: string;
    }
  /** We closed it because of what came over it. `peer` is '' where it was not yet known. */
  | {
      readonly type: 'connection-refused';
      readonly peer: string;
      readonly remote: string;
      readonly code: string;
      readonly reason: string;
    }
  | { readonly type: 'connection-lost'; readonly peer: NodeId; readonly remote: string; readonly reason: string }
  /** Told when dropping begins; `TransportCounters.dropped` has them all. */
  | { readonly type: 'message-dropped'; readonly peer: NodeId; readonly reason: DropReason; readonly message: string };

export interface TransportCounters {
  readonly sent: number;
  readonly received: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly refusedConnections: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

export class Counters implements TransportCounters {
  sent = 0;
  received = 0;
  sentBytes = 0;
  receivedBytes = 0;
  refusedConnections = 0;
  readonly dropped: Record<DropReason, number> = { 'queue-full': 0, 'too-large': 0, 'too-old': 0, 'unknown-peer': 0 };
}
