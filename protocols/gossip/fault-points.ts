/**
 * Points that a simulator may fire, and production never does. All that comes of them is allowed at any time.
 * - `gossip.register-of-one`: a message carries one register
 * - `gossip.keep-news`: fresh registers wait for the next round
 */
export const GOSSIP_FAULT_POINTS = Object.freeze(['gossip.register-of-one', 'gossip.keep-news'] as const);
