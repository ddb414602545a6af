/**
 * Where the scheduler keeps what in the coordinator's store. `README.md` explains the layout; nothing else spells a key.
 */
export const KEYS = Object.freeze({
  /** Everything of the scheduler: whoever watches this sees each of its transactions whole. */
  all: 'scheduler/',
  schedules: 'scheduler/schedules/',
  ticks: 'scheduler/ticks/',
  openExecutions: 'scheduler/executions/open/',
  doneExecutions: 'scheduler/executions/done/',
  claims: 'scheduler/claims/',
  /** Wall clocks of the members. */
  clocks: 'scheduler/clocks/',
  /** The election that a planner must have won. */
  plannerElection: 'scheduler-planner',
});

/** Nominal times are written in so many digits, so that keys sort by time. */
const NOMINAL_DIGITS = 15;

export function scheduleKey(taskId: string): string {
  return `${KEYS.schedules}${taskId}`;
}

export function ticksPrefix(taskId: string): string {
  return `${KEYS.ticks}${taskId}/`;
}

/** The identity of a tick: schedule, nominal time, generation. */
export function tickKey(taskId: string, nominalMs: number, generation: number): string {
  return `${ticksPrefix(taskId)}${String(nominalMs).padStart(NOMINAL_DIGITS, '0')}/${generation}`;
}

export function openKey(executionId: string): string {
  return `${KEYS.openExecutions}${executionId}`;
}

export function doneKey(executionId: string): string {
  return `${KEYS.doneExecutions}${executionId}`;
}

export function claimKey(executionId: string): string {
  return `${KEYS.claims}${executionId}`;
}

export function clockKey(node: string): string {
  return `${KEYS.clocks}${node}`;
}

/** The id of the execution, task or node that a key ends with. */
export function lastPartOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/**
 * Ids of executions are derived, never drawn: whoever creates the same thing again meets the same key. The separators
 * cannot occur in ids of tasks, so the three kinds never collide.
 */
export function tickExecutionId(taskId: string, nominalMs: number, generation: number): string {
  return `${taskId}@${nominalMs}.${generation}`;
}

export function submittedExecutionId(taskId: string, submissionId: string): string {
  return `${taskId}=${submissionId}`;
}

export function dedupedExecutionId(taskId: string, dedupeKey: string): string {
  return `${taskId}~${dedupeKey}`;
}
