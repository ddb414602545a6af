/** A copy of an actor's state: plain data, Map, Set and typed arrays. Throws with the actor's address where it holds anything else. */
export function copyState(state: unknown, node: string, actorPath: string): unknown {
  try {
    return structuredClone(state);
  } catch {
    throw new TypeError(
      `${node}/${actorPath}: its state cannot be copied; a state is made of plain data, Map, Set and typed arrays, not of functions`,
    );
  }
}
