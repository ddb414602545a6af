/** An assertion of ours did not hold: a bug in the program, never something that a peer, a user or a disk can cause. */
export class AssertionFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionFailure';
  }
}

/** States an invariant, in production too. A failure stops the actor whose turn it is. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}
