/** What a definition may ask for at most: everything that comes from outside has a limit. */
export const LIMITS = Object.freeze({
  tasksPerFile: 10_000,
  fileBytes: 4 * 1024 * 1024,
  faultsReported: 100,
  idLength: 64,
  descriptionLength: 1_000,
  dedupeKeyLength: 128,
  submissionIdLength: 128,
  functionNameLength: 128,
  commandLength: 16_384,
  jsonDepth: 64,
  inputDepth: 16,
  inputValues: 1_000,
  maxAttempts: 100,
  multiplier: 10,
  exitCode: 255,
  delayMs: 366 * 86_400_000,
  backoffMs: 86_400_000,
  timeoutMs: 7 * 86_400_000,
  leaseMsMin: 500,
  leaseMs: 3_600_000,
  misfireGraceMs: 366 * 86_400_000,
  simulatedDurationMs: 86_400_000,
});

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const KEY = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

/** What may name a task. It becomes part of keys in the store, so it holds no separator of theirs. */
export function isTaskId(text: string): boolean {
  return text.length <= LIMITS.idLength && ID.test(text);
}

/** What may be a dedupe key or the id of a submission. */
export function isSubmissionKey(text: string): boolean {
  return text.length <= LIMITS.dedupeKeyLength && KEY.test(text);
}

export const ID_FORM = `up to ${LIMITS.idLength} letters, digits, ".", "_" and "-", beginning with a letter or digit`;
export const KEY_FORM = `up to ${LIMITS.dedupeKeyLength} letters, digits, ".", "_", ":" and "-", beginning with a letter or digit`;
