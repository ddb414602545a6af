import { z } from 'zod';
import type { SchedulerAnswer } from '../../actors/api-messages.js';
import { taskDefinitionType, type TaskDefinition } from '../../definitions/index.js';

/**
 * How the command line speaks with a node on the same machine: one JSON document on a line for each request, one for each
 * answer, over a socket in the node's data directory that only its owner can open.
 */
export const CONTROL_SOCKET = 'control.sock';

export const MAX_LINE_BYTES = 1024 * 1024;
export const MAX_CONNECTIONS = 32;
export const MAX_REQUESTS_UNDER_WAY = 64;
/** Longer than the scheduler tries by itself, so that its own, better answer comes first. */
export const REQUEST_TIMEOUT_MS = 20_000;

const shortText = z.string().min(1).max(300);
const task = z.custom<TaskDefinition>((value) => taskDefinitionType.check(value, 'task') === undefined, {
  error: ({ input }) => taskDefinitionType.check(input, 'task') ?? 'not a task',
});

const id = z.union([z.int(), z.string().max(100)]);

export const controlRequest = z.discriminatedUnion('verb', [
  z.strictObject({ id, verb: z.literal('submit'), submissionId: shortText, task }),
  z.strictObject({ id, verb: z.literal('cancel'), executionId: shortText }),
  z.strictObject({ id, verb: z.literal('show'), executionId: shortText }),
  z.strictObject({ id, verb: z.literal('list'), limit: z.int().min(1).max(1000) }),
  z.strictObject({ id, verb: z.literal('status') }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;

/** A request without its id, which the client gives. */
export type ControlQuestion = ControlRequest extends infer R
  ? R extends ControlRequest
    ? Omit<R, 'id'>
    : never
  : never;

/** What a node says of itself. */
export interface NodeStatus {
  readonly node: string;
  readonly incarnation: number;
  readonly coordinator: string;
  /** Whether this node plans, with the fencing token of its election; null where it does not. */
  readonly plannerToken: number | null;
  /** Its role in the coordinator, such as `leader`, or '' where the coordinator has none. */
  readonly role: string;
  readonly connectedTo: readonly string[];
}

export type ControlResult = SchedulerAnswer | ({ readonly type: 'status' } & NodeStatus);

export type ControlAnswer =
  | { readonly id: number | string | null; readonly ok: true; readonly result: ControlResult }
  | {
      readonly id: number | string | null;
      readonly ok: false;
      readonly error: string;
      readonly mayHaveHappened: boolean;
    };

/** Cuts what comes over a connection into lines, within a limit. */
export class LineReader {
  #rest: Buffer = Buffer.alloc(0);

  constructor(
    private readonly maxBytes: number,
    private readonly line: (text: string) => void,
  ) {}

  /** False where a line is over the limit; nothing more is read then. */
  push(chunk: Buffer): boolean {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      if (end > this.maxBytes) return false;
      this.line(rest.subarray(0, end).toString('utf8'));
      rest = rest.subarray(end + 1);
    }
    this.#rest = rest;
    return rest.length <= this.maxBytes;
  }
}
