/** Bounds of a transport. Everything that comes from outside or waits to go there has one. */
export interface TransportLimits {
  /** A longer frame closes the connection that it comes on; a longer message of our own is dropped. */
  readonly maxFrameBytes: number;
  /** Messages that wait for one peer; one more is dropped (`drop-newest`). */
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
  /** A message that waited longer than this for its peer to come back is dropped. */
  readonly maxQueuedMs: number;
  readonly maxIncomingConnections: number;
  /** How long a connection may take to introduce itself. */
  readonly handshakeMs: number;
  readonly keepAliveMs: number;
  /** A peer that says nothing for so many keep-alives is taken for gone. */
  readonly maxSilentKeepAlives: number;
  /** Reconnection waits, with jitter, from `minBackoffMs`, twice as long each time, up to `maxBackoffMs`. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
}

export const DEFAULT_LIMITS: TransportLimits = Object.freeze({
  maxFrameBytes: 8 * 1024 * 1024,
  maxQueuedMessages: 4096,
  maxQueuedBytes: 32 * 1024 * 1024,
  maxQueuedMs: 5000,
  maxIncomingConnections: 256,
  handshakeMs: 5000,
  keepAliveMs: 1000,
  maxSilentKeepAlives: 5,
  minBackoffMs: 50,
  maxBackoffMs: 2000,
});
