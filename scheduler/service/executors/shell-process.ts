import { spawn, type ChildProcess } from 'node:child_process';
import { OutputTail } from './output-tail.js';

export interface ShellCommand {
  readonly command: string;
  readonly directory: string;
  /** The whole environment of the command; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly maxOutputBytes: number;
  /** Between SIGTERM and SIGKILL when a command is ended for its own sake. */
  readonly killGraceMs: number;
}

/** How a command ended. `exitCode` is null where a signal ended it, or where it never began. */
export interface ShellOutcome {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Set where it could not be started: it certainly did nothing. */
  readonly startError: string | undefined;
  readonly output: string;
}

/** How long after the command's end the pipes may be held open by a process that left its group. */
const PIPE_LINGER_MS = 500;

/**
 * Runs in the command's process group, ignores its signals, and waits on a pipe that only the node holds: when the node
 * dies, by whatever death, the pipe closes and the whole group is killed. It is there before the command begins.
 */
const GUARDED_SHELL = [
  "(trap '' TERM INT HUP QUIT; read -r _ <&3; kill -s KILL 0) >/dev/null 2>&1 &",
  'exec 3<&- || exit 126',
  'exec sh -c "$1"',
].join('\n');

/**
 * A shell command with its descendants, in a process group of their own. They end together: when the command ends, when it
 * is killed, and when this process dies. Only a descendant that makes a session of its own can escape.
 */
export class ShellProcess {
  readonly #child: ChildProcess;
  readonly #output: OutputTail;
  #isOver = false;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly command: ShellCommand,
    private readonly ended: (outcome: ShellOutcome) => void,
  ) {
    this.#output = new OutputTail(command.maxOutputBytes);
    this.#child = spawn('/bin/sh', ['-c', GUARDED_SHELL, 'orrery-shell', command.command], {
      cwd: command.directory,
      env: { ...command.environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.#child.stdio[3]?.on('error', () => undefined);
    this.#child.once('error', (error) => this.#over(null, null, error.message));
    this.#child.once('exit', (code, signal) => this.#exited(code, signal));
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** Asks the group to end, and ends it where it does not. `ended` is still called. */
  terminate(): void {
    this.#signal('SIGTERM');
    this.#killTimer ??= setTimeout(() => this.kill(), this.command.killGraceMs);
  }

  /** Ends the group at once. `ended` is still called. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  #exited(code: number | null, signal: string | null): void {
    // What the command left running ends with it, and so does the guard in its group.
    this.#signal('SIGKILL');
    const linger = setTimeout(() => this.#over(code, signal, undefined), PIPE_LINGER_MS);
    this.#child.once('close', () => {
      clearTimeout(linger);
      this.#over(code, signal, undefined);
    });
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#isOver) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  #over(exitCode: number | null, signal: string | null, startError: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#killTimer);
    for (const stream of this.#child.stdio) stream?.destroy();
    this.ended({ exitCode, signal, startError, output: this.#output.text() });
  }
}
