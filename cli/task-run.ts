import { randomUUID } from 'node:crypto';
import { createCalendar } from '../runtime/node/index.js';
import { isSubmissionKey, KEY_FORM, type Attempt, type Execution, type TaskDefinition } from '../scheduler/index.js';
import { readConfig } from '../scheduler/service/config.js';
import { ControlClient, ControlError } from '../scheduler/service/control/control-client.js';
import type { ControlResult } from '../scheduler/service/control/control-protocol.js';
import { readDefinitionsFile } from '../scheduler/service/files/definitions-file.js';
import { submissionIdOf } from '../scheduler/service/scheduler-node.js';
import { EXIT } from './exit-code.js';
import { formatCount, formatDuration, processOutput, renderTable, type Output } from './output.js';
import type { ListFlags, SubmitFlags, TaskFlags } from './task-flags.js';
import { UsageError } from './usage-error.js';

type Result<K extends ControlResult['type']> = Extract<ControlResult, { type: K }>;

const REFUSED = EXIT.propertyFailed;

/** Answers the exit code. */
export async function submitTasks(file: string, flags: SubmitFlags): Promise<number> {
  const tasks = chosen(readDefinitionsFile(file, createCalendar()), file, flags.only);
  const idOf = submissionIds(flags);
  return withNode(flags, async (client, output) => {
    const results: ControlResult[] = [];
    for (const task of tasks) {
      results.push(await client.ask({ verb: 'submit', submissionId: idOf(task), task }));
    }
    if (flags.json === true) output.print(JSON.stringify(results, null, 2));
    else
      output.print(
        renderTable(
          output,
          ['TASK', 'RESULT', 'EXECUTION'],
          results.map((result, i) => submitRow(tasks[i], result)),
        ),
      );
    return results.every(({ type }) => type === 'accepted') ? EXIT.fine : REFUSED;
  });
}

function chosen(
  tasks: readonly TaskDefinition[],
  file: string,
  only: readonly string[] | undefined,
): readonly TaskDefinition[] {
  const unknown = only?.find((id) => !tasks.some((task) => task.id === id));
  if (unknown !== undefined) {
    throw new UsageError(
      `${file} defines no task ${JSON.stringify(unknown)}; it has ${tasks.map(({ id }) => id).join(', ')}`,
    );
  }
  return tasks.filter(({ id }) => only?.includes(id) ?? true);
}

function submissionIds({ once, submissionId }: SubmitFlags): (task: TaskDefinition) => string {
  if (once === true && submissionId !== undefined)
    throw new UsageError('--once and --submission-id exclude each other; give one');
  if (once === true) return submissionIdOf;
  if (submissionId !== undefined && !isSubmissionKey(submissionId))
    throw new UsageError(`--submission-id: use ${KEY_FORM}`);
  const id = submissionId ?? randomUUID();
  return () => id;
}

function submitRow(task: TaskDefinition | undefined, result: ControlResult): readonly string[] {
  const taskId = task?.id ?? '';
  if (result.type === 'rejected') return [taskId, `rejected: ${result.reason}`, ''];
  if (result.type !== 'accepted') return [taskId, result.type, ''];
  const what = result.isDuplicate ? 'known already' : 'accepted';
  return [taskId, what, result.executionId === '' ? `schedule, generation ${result.generation}` : result.executionId];
}

/** Answers the exit code. */
export async function listTasks(flags: ListFlags): Promise<number> {
  return withNode(flags, async (client, output) => {
    const listed = (await client.ask({ verb: 'list', limit: flags.limit })) as Result<'listed'>;
    const wanted = flags.state?.toUpperCase();
    const keep = ({ state }: Execution): boolean => wanted === undefined || state === wanted;
    const [open, done] = [listed.open.filter(keep), listed.done.filter(keep)];
    if (flags.json === true) output.print(JSON.stringify({ ...listed, open, done }, null, 2));
    else printList(output, [...open, ...done], wanted === undefined ? listed.schedules : []);
    return EXIT.fine;
  });
}

function printList(output: Output, executions: readonly Execution[], schedules: Result<'listed'>['schedules']): void {
  const rows = executions.map((execution) => [
    execution.executionId,
    colouredState(output, execution),
    String(execution.attempt),
    execution.claim?.worker ?? execution.history.at(-1)?.worker ?? '',
    new Date(execution.createdMs).toISOString(),
  ]);
  output.print(renderTable(output, ['EXECUTION', 'STATE', 'ATTEMPT', 'WORKER', 'CREATED'], rows, [2]));
  if (output.isTerminal) output.print(formatCount(executions.length, 'execution'));
  if (schedules.length === 0) return;
  const scheduleRows = schedules.map(({ task, generation, throughMs }) => [
    task.id,
    task.schedule.kind === 'cron' ? `${task.schedule.expression} (${task.schedule.timeZone})` : '',
    String(generation),
    new Date(throughMs).toISOString(),
  ]);
  output.print(renderTable(output, ['SCHEDULE', 'CRON', 'GENERATION', 'PLANNED THROUGH'], scheduleRows, [2]));
}

function colouredState({ colours }: Output, { state }: Execution): string {
  if (state === 'SUCCEEDED') return colours.green(state);
  if (state === 'FAILED') return colours.red(state);
  return state === 'RUNNING' ? colours.cyan(state) : state === 'CANCELLED' ? colours.yellow(state) : state;
}

/** Answers the exit code. */
export async function showTask(executionId: string, flags: TaskFlags): Promise<number> {
  return withNode(flags, async (client, output) => {
    const { execution } = (await client.ask({ verb: 'show', executionId })) as Result<'shown'>;
    if (flags.json === true) output.print(JSON.stringify(execution, null, 2));
    else if (execution !== null) printExecution(output, execution);
    if (execution !== null) return EXIT.fine;
    output.note(`there is no execution ${executionId}; "orrery task list" names those there are`);
    return REFUSED;
  });
}

function printExecution(output: Output, execution: Execution): void {
  const { executionId, task, history, result } = execution;
  output.print(`${executionId}  ${colouredState(output, execution)}`);
  const { executor } = task;
  output.print(
    `  task ${task.id}: ${executor.kind} ${executor.kind === 'shell' ? executor.command.trim() : executor.name}`,
  );
  if (execution.claim !== null) output.print(`  attempt ${execution.attempt} runs on ${execution.claim.worker}`);
  const row = (a: Attempt): readonly string[] => [
    String(a.attempt),
    a.worker,
    new Date(a.startedMs).toISOString(),
    formatDuration(a.endedMs - a.startedMs),
    a.outcome,
    a.detail,
  ];
  if (history.length > 0) {
    output.print(
      renderTable(output, ['ATTEMPT', 'WORKER', 'STARTED', 'TOOK', 'OUTCOME', 'DETAIL'], history.map(row), [0, 3]),
    );
  }
  if (result !== null) output.print(`  result: ${JSON.stringify(result)}`);
}

/** Answers the exit code. */
export async function cancelTask(executionId: string, flags: TaskFlags): Promise<number> {
  return withNode(flags, async (client, output) => {
    const result = await client.ask({ verb: 'cancel', executionId });
    if (flags.json === true) output.print(JSON.stringify(result, null, 2));
    else if (result.type === 'cancelled') output.print(`cancelled ${executionId}`);
    else if (result.type === 'not-cancelled') output.note(`${executionId} was not cancelled: ${result.reason}`);
    return result.type === 'cancelled' ? EXIT.fine : REFUSED;
  });
}

/** A node that cannot be reached is a mistake of the user; one that refuses or does not answer is not. */
async function withNode(
  { config, json }: TaskFlags,
  work: (client: ControlClient, output: Output) => Promise<number>,
): Promise<number> {
  const client = await ControlClient.open(readConfig(config).dataDirectory);
  const output = processOutput();
  try {
    return await work(client, output);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    if (json === true) output.print(JSON.stringify({ error: error.message, mayHaveHappened: error.mayHaveHappened }));
    else output.note(`${output.colours.red('error:')} ${error.message}`);
    return REFUSED;
  } finally {
    client.close();
  }
}
