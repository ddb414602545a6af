import { existsSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Message } from '../../../runtime/data.js';
import { NodeSetupError, type RunningNode } from '../../../runtime/node/index.js';
import { schedulerAnswers, type SchedulerAnswer } from '../../actors/api-messages.js';
import { SCHEDULER_ACTOR } from '../../program.js';
import { issueMessage } from '../files/issue-message.js';
import {
  CONTROL_SOCKET,
  controlRequest,
  LineReader,
  MAX_CONNECTIONS,
  MAX_LINE_BYTES,
  MAX_REQUESTS_UNDER_WAY,
  REQUEST_TIMEOUT_MS,
  type ControlAnswer,
  type ControlRequest,
  type NodeStatus,
} from './control-protocol.js';

/** The longest path that a socket can have on all systems. */
const MAX_SOCKET_PATH_BYTES = 103;
const CLOSE_GRACE_MS = 500;
/** A request that certainly did not happen, since there was nobody to serve it, is tried again after this. */
const RETRY_MS = 200;

/** Serves the command line. Who can open the socket may do anything: it is readable by the owner of the process alone. */
export class ControlServer {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(
    directory: string,
    private readonly node: RunningNode,
    private readonly status: () => NodeStatus,
  ) {
    this.path = controlPath(directory);
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  async open(): Promise<void> {
    // The directory is locked by this process: what is left here is of a life before.
    if (existsSync(this.path)) unlinkSync(this.path);
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(this.path, resolve);
      });
    } finally {
      process.umask(before);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) {
      socket.end();
      setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref();
    }
    await closed;
  }

  #accept(socket: Socket): void {
    const session = new ControlSession(socket, this.node, this.status);
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      session.close();
    });
  }
}

export function controlPath(directory: string): string {
  const path = join(directory, CONTROL_SOCKET);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path;
  throw new NodeSetupError(
    `${path} is too long for a socket (${MAX_SOCKET_PATH_BYTES} bytes); give a shorter "dataDirectory"`,
  );
}

type SchedulerQuestion = Exclude<ControlRequest, { verb: 'status' }>;

interface Waiting {
  readonly request: SchedulerQuestion;
  readonly sinceMs: number;
  readonly timeout: NodeJS.Timeout;
}

/** One connection of a client. Its requests are questions to the scheduler of this node. */
class ControlSession {
  readonly #waiting = new Map<number, Waiting>();
  readonly #client: ReturnType<RunningNode['connect']>;

  constructor(
    private readonly socket: Socket,
    node: RunningNode,
    private readonly status: () => NodeStatus,
  ) {
    this.#client = node.connect((questionId, message) => this.#answered(questionId, message));
    const reader = new LineReader(MAX_LINE_BYTES, (line) => this.#line(line));
    socket.on('data', (chunk) => {
      if (reader.push(chunk)) return;
      this.#fail(null, `a request is longer than ${MAX_LINE_BYTES} bytes`, false);
      socket.destroySoon();
    });
  }

  close(): void {
    for (const { timeout } of this.#waiting.values()) clearTimeout(timeout);
    this.#waiting.clear();
    this.#client.close();
  }

  #line(line: string): void {
    const request = parseRequest(line);
    if ('fault' in request) return this.#fail(request.id, request.fault, false);
    if (request.verb === 'status') {
      return this.#write({ id: request.id, ok: true, result: { type: 'status', ...this.status() } });
    }
    if (this.#waiting.size >= MAX_REQUESTS_UNDER_WAY) {
      return this.#fail(request.id, `${MAX_REQUESTS_UNDER_WAY} requests wait already; wait for their answers`, false);
    }
    this.#ask(request, performance.now());
  }

  #ask(request: SchedulerQuestion, sinceMs: number): void {
    const { id: _, verb, ...fields } = request;
    const questionId = this.#client.ask(SCHEDULER_ACTOR, { type: verb, ...fields });
    const leftMs = REQUEST_TIMEOUT_MS - (performance.now() - sinceMs);
    const timeout = setTimeout(() => this.#timedOut(questionId), leftMs);
    this.#waiting.set(questionId, { request, sinceMs, timeout });
  }

  #answered(questionId: number, message: Message): void {
    const waiting = this.#take(questionId);
    if (waiting === undefined || schedulerAnswers.check(message) !== undefined) return;
    const answer = message as SchedulerAnswer;
    if (answer.type !== 'scheduler-failed') return this.#write({ id: waiting.request.id, ok: true, result: answer });
    const { error, mayHaveHappened } = answer;
    const isOver = performance.now() - waiting.sinceMs > REQUEST_TIMEOUT_MS - 2 * RETRY_MS;
    if (error === 'unavailable' && !mayHaveHappened && !isOver) return this.#askAgain(questionId, waiting);
    this.#fail(waiting.request.id, `the cluster did not serve in time (${error})`, mayHaveHappened);
  }

  /** The cluster is only coming up, or between two leaders. Until then the request keeps its place among those that wait. */
  #askAgain(questionId: number, { request, sinceMs }: Waiting): void {
    const timeout = setTimeout(() => {
      if (this.#take(questionId) !== undefined) this.#ask(request, sinceMs);
    }, RETRY_MS);
    this.#waiting.set(questionId, { request, sinceMs, timeout });
  }

  #timedOut(questionId: number): void {
    const waiting = this.#take(questionId);
    if (waiting === undefined) return;
    const { id, verb } = waiting.request;
    this.#fail(id, `no answer within ${REQUEST_TIMEOUT_MS} ms`, verb === 'submit' || verb === 'cancel');
  }

  #take(questionId: number): Waiting | undefined {
    const waiting = this.#waiting.get(questionId);
    this.#waiting.delete(questionId);
    clearTimeout(waiting?.timeout);
    return waiting;
  }

  #fail(id: number | string | null, error: string, mayHaveHappened: boolean): void {
    this.#write({ id, ok: false, error, mayHaveHappened });
  }

  #write(answer: ControlAnswer): void {
    if (!this.socket.writable) return;
    this.socket.write(`${JSON.stringify(answer)}\n`);
    // A client that asks and does not read is let go.
    if (this.socket.writableLength > 16 * MAX_LINE_BYTES) this.socket.destroy();
  }
}

function parseRequest(line: string): ControlRequest | { readonly id: number | string | null; readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { id: null, fault: 'not JSON; send one JSON document on a line' };
  }
  const parsed = controlRequest.safeParse(value);
  if (parsed.success) return parsed.data;
  const given = (value as { id?: unknown } | null)?.id;
  const id = typeof given === 'number' || typeof given === 'string' ? given : null;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw new TypeError('what was refused has an issue');
  return {
    id,
    fault: `${issue.path.join('.') || 'request'}: ${issueMessage(issue, { found: foundAt(value, issue.path) })}`,
  };
}

function foundAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((found, part) => (found as Record<PropertyKey, unknown> | null)?.[part], value);
}
