import type { NodeId } from './address.js';

/**
 * Watches what happens while a turn is active. `leave` throws if the turn reached for something that is not decided by the
 * context (a clock, randomness, a timer, a promise, I/O); the turn then fails like any other that throws.
 */
export interface TurnGuard {
  enter(node: NodeId, actor: string, step: number): void;
  leave(): void;
}
