/**
 * Guard style "state machine": the thing acted upon has states, and an effect is a transition that only its present state allows (an order is
 * shipped once because SHIPPED does not follow SHIPPED).
 *
 * Guarantee: the transitions that take place form a path of the machine, each for the version it was decided upon; a repetition finds
 * the state moved on and is refused or recognised.
 */
export interface Guarded<S extends string> {
  readonly state: S;
  /** Counts transitions. */
  readonly version: number;
  /** Who made the last one: an execution id. */
  readonly by: string;
}

export type Machine<S extends string> = Readonly<Record<S, readonly S[]>>;

export type TransitionVerdict<S extends string> =
  | { readonly kind: 'moved'; readonly after: Guarded<S> }
  /** This execution made this very transition before. */
  | { readonly kind: 'repeated'; readonly after: Guarded<S> }
  | { readonly kind: 'refused'; readonly state: S };

/** Moves to `to` if the machine allows it from where the thing is now, and nobody moved it since `version` was read. */
export function transition<S extends string>(
  machine: Machine<S>,
  before: Guarded<S>,
  to: S,
  version: number,
  by: string,
): TransitionVerdict<S> {
  if (before.state === to && before.by === by && before.version === version + 1)
    return { kind: 'repeated', after: before };
  if (before.version !== version || !machine[before.state].includes(to))
    return { kind: 'refused', state: before.state };
  return { kind: 'moved', after: { state: to, version: version + 1, by } };
}
