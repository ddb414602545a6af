/** What the commands end with. */
export const EXIT = Object.freeze({
  fine: 0,
  propertyFailed: 1,
  wrongUse: 2,
  nondeterminism: 3,
  vacuous: 4,
  /** A search was not at its end when its limit was reached. */
  undecided: 4,
  /** A recorded failure could be neither reproduced nor ruled out: its run takes another course in this build. */
  diverged: 5,
  /** An error of ours, shown with its stack. */
  internal: 70,
  /** Ended by Ctrl-C before anything was found. */
  interrupted: 130,
});

/** Where several hold, nondeterminism comes before a failed property, and that before a `sometimes` never reached. */
export function exitCodeOf(found: {
  readonly nondeterministic: boolean;
  readonly failed: boolean;
  readonly vacuous: boolean;
  readonly interrupted: boolean;
}): number {
  if (found.nondeterministic) return EXIT.nondeterminism;
  if (found.failed) return EXIT.propertyFailed;
  if (found.vacuous) return EXIT.vacuous;
  return found.interrupted ? EXIT.interrupted : EXIT.fine;
}
