import { HistoryError } from './history-error.js';
import type { HistoryEvent, Operation, ProcessName } from './operation.js';

/** More than any search will come to the end of; a file beyond it is some other file. */
export const OPERATIONS_MAX = 1_000_000;

interface Begun {
  readonly event: HistoryEvent;
  readonly position: number;
}

/**
 * Makes operations of events, in the order of their calls. What failed did not take place and is left out; what is `info`, or was under way
 * when the history ended, stays open. Events of the process `nemesis`, which is no client, are passed over.
 * @throws HistoryError where a process calls twice, or answers what it did not call, or about another key.
 */
export function pairEvents(events: Iterable<HistoryEvent>, file: string): readonly Operation[] {
  const underWay = new Map<ProcessName, Begun>();
  const operations: Operation[] = [];
  let position = 0;
  for (const event of events) {
    position++;
    if (event.process === 'nemesis') continue;
    const begun = underWay.get(event.process);
    if (event.type === 'invoke') {
      if (begun !== undefined) throw twice(file, event, begun.event);
      underWay.set(event.process, { event, position });
      continue;
    }
    // A process may tell of itself without having asked for anything.
    if (begun === undefined && event.type === 'info') continue;
    if (begun === undefined) throw unasked(file, event);
    if (begun.event.f !== event.f) throw another(file, event, begun.event);
    if (begun.event.key !== null && event.key !== null && begun.event.key !== event.key) {
      throw anotherKey(file, event, begun.event);
    }
    underWay.delete(event.process);
    if (event.type === 'ok') operations.push(completed(begun, event, position));
    if (event.type === 'info') operations.push(open(begun));
    if (operations.length > OPERATIONS_MAX) throw tooMany(file, event);
  }
  for (const begun of underWay.values()) operations.push(open(begun));
  return operations.sort((left, right) => left.calledAt - right.calledAt);
}

function completed({ event, position }: Begun, answer: HistoryEvent, returnedAt: number): Operation {
  return {
    process: event.process,
    f: event.f,
    key: event.key ?? answer.key,
    argument: event.value ?? null,
    result: answer.value,
    calledAt: position,
    returnedAt,
    calledMs: event.timeMs,
    returnedMs: answer.timeMs,
    line: event.line,
  };
}

function open({ event, position }: Begun): Operation {
  return {
    process: event.process,
    f: event.f,
    key: event.key,
    argument: event.value ?? null,
    result: undefined,
    calledAt: position,
    returnedAt: Infinity,
    calledMs: event.timeMs,
    returnedMs: undefined,
    line: event.line,
  };
}

function twice(file: string, event: HistoryEvent, begun: HistoryEvent): HistoryError {
  return new HistoryError(
    file,
    event.line,
    `process ${event.process} invokes ${event.f}, but its ${begun.f} of line ${begun.line} is still under way; ` +
      'end it with ok, fail or info, or give the call a process of its own',
  );
}

function unasked(file: string, { process, type, f, line }: HistoryEvent): HistoryError {
  return new HistoryError(
    file,
    line,
    `process ${process} is told ${type} of ${f}, but invoked nothing; expected its invoke before`,
  );
}

function another(file: string, event: HistoryEvent, begun: HistoryEvent): HistoryError {
  const { process, type, f, line } = event;
  return new HistoryError(
    file,
    line,
    `process ${process} is told ${type} of ${f}, but invoked ${begun.f} at line ${begun.line}`,
  );
}

function anotherKey(file: string, { process, type, f, key, line }: HistoryEvent, begun: HistoryEvent): HistoryError {
  return new HistoryError(
    file,
    line,
    `process ${process} is told ${type} of ${f} about key ${JSON.stringify(key)}, but invoked it about ${JSON.stringify(begun.key)} at line ${begun.line}`,
  );
}

function tooMany(file: string, { line }: HistoryEvent): HistoryError {
  return new HistoryError(file, line, `more than ${OPERATIONS_MAX} operations; give the history in parts`);
}
