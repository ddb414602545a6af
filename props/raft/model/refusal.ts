/** An event cannot follow from what came before it. The message names the rule. */
export class Refusal extends Error {}

/** @throws Refusal with what `why` says, where the rule does not hold. */
export function demand(holds: boolean, why: () => string): asserts holds {
  if (!holds) throw new Refusal(why());
}
