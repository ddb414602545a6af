import type { Scenario } from './scenario.js';

/** States a scenario; its types follow from what is given. */
export function scenario<const S extends Scenario>(definition: S): S {
  return definition;
}
