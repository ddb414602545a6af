/** Whether a part of the items still fails. A generator, so that whoever carries out the runs decides where, when and how long. */
export type StillFails<T, Asked, Answer> = (kept: readonly T[]) => Generator<Asked, boolean, Answer>;

/**
 * Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 2002, ddmin), by complements
 * only: pieces are left out, halves first. The result fails, in the order of the items, and is 1-minimal: with any one more left out
 * it no longer fails. Nothing is assumed of `stillFails`, neither that it is monotone nor that the whole fails for one reason only.
 * @param items fail as a whole.
 */
export function* minimalItems<T, Asked, Answer>(
  items: readonly T[],
  stillFails: StillFails<T, Asked, Answer>,
): Generator<Asked, readonly T[], Answer> {
  if (items.length === 0 || (yield* stillFails([]))) return [];
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); ; size = Math.ceil(size / 2)) {
    const before = kept.length;
    kept = yield* withoutPieces(kept, size, stillFails);
    if (size === 1 && kept.length === before) return kept;
  }
}

/** Leaves out every piece of a size that can be spared, one after another. */
function* withoutPieces<T, Asked, Answer>(
  items: readonly T[],
  size: number,
  stillFails: StillFails<T, Asked, Answer>,
): Generator<Asked, readonly T[], Answer> {
  let kept = items;
  let at = 0;
  while (at < kept.length) {
    const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
    if (rest.length > 0 && (yield* stillFails(rest))) kept = rest;
    else at += size;
  }
  return kept;
}
