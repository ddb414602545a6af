import { connect, type Socket } from 'node:net';
import { controlPath } from './control-server.js';
import {
  LineReader,
  REQUEST_TIMEOUT_MS,
  type ControlAnswer,
  type ControlQuestion,
  type ControlResult,
} from './control-protocol.js';

/** A request failed. `mayHaveHappened` says whether what was asked for may have taken place all the same. */
export class ControlError extends Error {
  constructor(
    message: string,
    readonly mayHaveHappened: boolean,
  ) {
    super(mayHaveHappened ? `${message}; what was asked for may have happened` : message);
    this.name = 'ControlError';
  }
}

/** Answers carry whole lists; nothing that a node says is longer. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Speaks with the node whose data directory this is. */
export class ControlClient {
  readonly #waiting = new Map<number, { resolve(result: ControlResult): void; reject(error: Error): void }>();
  #requests = 0;

  private constructor(private readonly socket: Socket) {
    const reader = new LineReader(MAX_ANSWER_BYTES, (line) => this.#line(line));
    socket.on('data', (chunk) => {
      if (!reader.push(chunk)) socket.destroy(new Error('an answer is too long'));
    });
    socket.on('error', (error) => this.#lost(error.message));
    socket.on('close', () => this.#lost('the node closed the connection'));
  }

  /** Rejects with a ControlError where no node answers there. */
  static async open(dataDirectory: string): Promise<ControlClient> {
    const path = controlPath(dataDirectory);
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error: NodeJS.ErrnoException) => {
        const isAbsent = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(error.code ?? '');
        reject(
          new ControlError(
            isAbsent
              ? `no node is running at ${path}; start it, or name another configuration`
              : `the node at ${path} cannot be reached: ${error.message}; its socket is its owner's alone`,
            false,
          ),
        );
      });
    });
    return new ControlClient(socket);
  }

  /** Rejects with a ControlError where the node refuses, or no answer comes. */
  async ask(question: ControlQuestion): Promise<ControlResult> {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(
        () => this.#settle(id, (waiting) => waiting.reject(new ControlError('the node does not answer', true))),
        REQUEST_TIMEOUT_MS + 2000,
      );
      const over = <T>(settle: (value: T) => void): ((value: T) => void) => {
        return (value) => {
          clearTimeout(timeout);
          settle(value);
        };
      };
      this.#waiting.set(id, { resolve: over(resolve), reject: over(reject) });
      this.socket.write(`${JSON.stringify({ id, ...question })}\n`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #line(line: string): void {
    const answer = JSON.parse(line) as ControlAnswer;
    if (typeof answer.id !== 'number') return;
    this.#settle(answer.id, (waiting) => {
      if (answer.ok) waiting.resolve(answer.result);
      else waiting.reject(new ControlError(answer.error, answer.mayHaveHappened));
    });
  }

  #settle(
    id: number,
    settle: (waiting: { resolve(result: ControlResult): void; reject(error: Error): void }) => void,
  ): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) settle(waiting);
  }

  #lost(reason: string): void {
    for (const id of [...this.#waiting.keys()]) {
      this.#settle(id, (waiting) => waiting.reject(new ControlError(reason, true)));
    }
  }
}
