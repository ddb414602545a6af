/**
 * `npm run demo:cluster`: three nodes and a sink as processes. The leader is killed while commands run on it; every task ends all the
 * same, and every effect occurs once. What the processes observed is then judged by the properties that the simulator uses.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObservedRecord } from '../../runtime/observation.js';
import { createCalendar, readJournal } from '../../runtime/node/index.js';
import { isTerminal, type Execution } from '../../scheduler/index.js';
import { readDefinitionsFile } from '../../scheduler/service/files/definitions-file.js';
import { Account, attemptsIn, describeEvent, effectsIn, firstAfter, nowUs } from './account.js';
import { gather, judge, type Death, type Submitted } from './judge.js';
import { descendantsOf, NODES, Processes, stillRunning, top, until } from './processes.js';

const TASKS = join(top, 'examples/tasks.yaml');
const LIMIT_MS = 30_000;
/** More of the same work, until the leader has some of it under way. */
const MORE_IMPORTS = 20;

const definitions = readDefinitionsFile(TASKS, createCalendar());

interface Listed {
  readonly open: readonly Execution[];
  readonly done: readonly Execution[];
}

class Demonstration {
  readonly #account = new Account();
  readonly #submitted: Submitted[] = [];
  readonly #deaths: Death[] = [];
  #settledUs = 0;

  constructor(private readonly processes: Processes) {}

  async run(): Promise<boolean> {
    await this.#start();
    const leader = await this.#leader([]);
    this.#submitAll(leader);
    await this.#killAtWork(leader);
    const survivors = NODES.filter((node) => node !== leader);
    const successor = await this.#leader([leader]);
    this.#account.tell(`${successor} leads and plans`);
    this.processes.startNode(leader);
    this.#account.tell(`${leader} is started again (process ${this.processes.pidOf(leader)})`);
    await this.#allEnded(survivors[0] ?? '', leader);
    await this.#stop();
    return this.#tellVerdict(leader);
  }

  async #start(): Promise<void> {
    await this.processes.startSink();
    await this.processes.writeConfigs();
    for (const node of NODES) this.processes.startNode(node);
    const pids = [...NODES, 'sink'].map((name) => `${name} ${this.processes.pidOf(name)}`).join(', ');
    this.#account.tell(`three nodes and a sink are started (processes: ${pids})`);
  }

  /** The node that leads, by its own account, and where a planner is at work too. */
  async #leader(dead: readonly string[]): Promise<string> {
    return until('the cluster has a leader and a planner', LIMIT_MS, async () => {
      const alive = NODES.filter((node) => !dead.includes(node));
      const all = await Promise.all(alive.map(async (node) => this.processes.status(node)));
      const hasPlanner = all.some((status) => status !== undefined && status.plannerToken !== null);
      return hasPlanner ? all.find((status) => status?.role === 'leader')?.node : undefined;
    });
  }

  #submitAll(leader: string): void {
    this.#account.tell(`${leader} leads; submitting ${definitions.length} tasks of examples/tasks.yaml`);
    this.#submit('n1', ...definitions.map(({ id }) => id));
    const [again] = this.#submit('n2', 'invoice');
    this.#account.line(`a second submission of "invoice" is ${again?.isDuplicate === true ? 'known already' : 'NEW'}`);
  }

  #submit(node: string, ...ids: readonly string[]): readonly { readonly isDuplicate: boolean }[] {
    const printed = this.processes.orrery(
      ...['task', 'submit', TASKS, '--json', '--config', this.processes.configOf(node), '--only', ...ids],
    );
    const answers = JSON.parse(printed) as { taskId: string; executionId: string; isDuplicate: boolean }[];
    for (const { taskId, executionId } of answers) {
      const task = definitions.find(({ id }) => id === taskId);
      if (task !== undefined) this.#submitted.push({ task, executionId });
    }
    return answers;
  }

  /** Kills the leader when a command on it has had its effect and still runs. */
  async #killAtWork(leader: string): Promise<void> {
    let more = 0;
    const executionId = await until('a command on the leader has its effect', LIMIT_MS, () => {
      const found = this.#midwayOn(leader);
      const imports = this.#submitted.filter(({ task }) => task.id.startsWith('import-'));
      const open = imports.length - effectsIn(readJournal(this.processes.dataDirectory('sink')).records).length;
      if (found === undefined && open <= 0 && ++more <= MORE_IMPORTS) this.#submit(leader, 'import-north');
      return found;
    });
    const pid = this.processes.pidOf(leader);
    const children = descendantsOf(pid);
    this.processes.kill(leader, 'SIGKILL');
    const atUs = nowUs();
    this.#deaths.push({ node: leader, atUs });
    this.#account.tell(
      `KILL -9 of ${leader} (process ${pid}): ${executionId} has had its effect there, but not ended`,
      atUs,
    );
    await until('the children of the killed leader end', LIMIT_MS, () =>
      stillRunning(children).length > 0 ? undefined : true,
    );
    const tookMs = Math.round((nowUs() - atUs) / 1000);
    this.#account.tell(`its ${children.length} child processes have ended with it (seen after ${tookMs} ms)`);
  }

  /** An execution that runs on a node and has had its effect. */
  #midwayOn(node: string): string | undefined {
    const { records } = readJournal(this.processes.dataDirectory(node));
    const running = new Set<string>();
    for (const { observation } of records) {
      const executionId = String(observation['executionId'] ?? '');
      if (observation.type === 'attempt-started') running.add(executionId);
      if (['attempt-reported', 'attempt-preempted', 'report-refused'].includes(observation.type))
        running.delete(executionId);
    }
    const effects = effectsIn(readJournal(this.processes.dataDirectory('sink')).records);
    return effects.find(({ executionId }) => executionId.startsWith('import-') && running.has(executionId))
      ?.executionId;
  }

  /** Until every task that was submitted has ended, the ticks so far too, and the killed node takes part again. */
  async #allEnded(survivor: string, revived: string): Promise<void> {
    const ids = new Set(this.#submitted.map(({ executionId }) => executionId).filter((id) => id !== ''));
    const done = await until('every task ends', LIMIT_MS, async () => {
      const listed = this.#list(survivor);
      const ended = listed.done.filter(({ executionId, state }) => ids.has(executionId) && isTerminal(state));
      const status = await this.processes.status(revived);
      const isBack = status !== undefined && status.connectedTo.length === NODES.length - 1;
      return ended.length === ids.size && listed.open.length === 0 && isBack ? listed.done : undefined;
    });
    this.#settledUs = nowUs();
    const states = new Map<string, number>();
    for (const { state } of done) states.set(state, (states.get(state) ?? 0) + 1);
    const told = [...states].map(([state, count]) => `${count} ${state}`).join(', ');
    this.#account.tell(
      `every task has ended: ${ids.size} submitted and ${done.length - ids.size} of schedules (${told})`,
    );
  }

  #list(node: string): Listed {
    const args = ['task', 'list', '--limit', '1000', '--json', '--config', this.processes.configOf(node)];
    return JSON.parse(this.processes.orrery(...args)) as Listed;
  }

  async #stop(): Promise<void> {
    const codes = await Promise.all([...NODES, 'sink'].map(async (name) => this.processes.stop(name)));
    this.#account.tell(`all processes have ended in good order (exit codes ${codes.join(', ')})`);
    if (codes.some((code) => code !== 0)) throw new Error('a process did not end with 0 after SIGTERM');
  }

  #tellVerdict(killed: string): boolean {
    const names = [...NODES, 'sink'];
    const directories = Object.fromEntries(names.map((name) => [name, this.processes.dataDirectory(name)]));
    const records = gather(directories, this.#deaths);
    this.#tellEvents(records, killed);
    const isOnce = this.#tellEffects(records);
    const { violations, judged, seen } = judge(records, this.#submitted, this.#settledUs);
    this.#account.heading(
      `Judged: ${records.length} observations of four processes, in causal order, by ${judged.length} properties`,
    );
    for (const name of violations) this.#account.line(`VIOLATED ${name}`);
    if (violations.length === 0) this.#account.line('all hold');
    this.#account.line(`among what happened: ${seen.join(', ')}`);
    return violations.length === 0 && isOnce;
  }

  /** What there was to see in the order of time. */
  #tellEvents(records: readonly ObservedRecord[], killed: string): void {
    this.#account.heading('Who led, and which effects were refused');
    const told = records.flatMap(({ node, atUs, observation }) => {
      const what = describeEvent(node, observation);
      return what === undefined ? [] : [{ what, atUs }];
    });
    told.sort((a, b) => a.atUs - b.atUs);
    for (const { what, atUs } of told) this.#account.tell(what, atUs);
    const diedUs = this.#deaths[0]?.atUs ?? 0;
    const since = (type: string): string => {
      const found = firstAfter(records, type, diedUs, killed);
      return found === undefined
        ? 'not needed: it was another node'
        : `${Math.round((found.atUs - diedUs) / 1000)} ms after the kill`;
    };
    this.#account.line(`new leader: ${since('raft-became-leader')}`);
    this.#account.line(`new planner: ${since('planner-active')}`);
  }

  /** Whether each execution had its effect at most once, and those that succeeded had it. */
  #tellEffects(records: readonly ObservedRecord[]): boolean {
    const effects = effectsIn(records);
    const attempts = [...attemptsIn(records).values()].reduce((sum, count) => sum + count, 0);
    const applied = effects.reduce((sum, effect) => sum + effect.applied, 0);
    const refused = effects.reduce((sum, effect) => sum + effect.refused, 0);
    this.#account.heading('Attempts and effects');
    this.#account.line(
      `${attempts} attempts of ${attemptsIn(records).size} executions; ${applied} effects of ${effects.length} executions`,
    );
    this.#account.line(refused === 0 ? 'no effect was refused in this run' : `${refused} refused, as told above`);
    return effects.every((effect) => effect.applied === 1);
  }
}

async function main(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'orrery-demo-'));
  const processes = new Processes(directory);
  const interrupt = (): void => {
    processes.killAll();
    process.exit(130);
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const isGood = await new Demonstration(processes).run();
    console.log(`\n${isGood ? 'PASSED' : 'FAILED'}`);
    if (isGood) rmSync(directory, { recursive: true, force: true });
    else console.log(`journals and logs are in ${directory}`);
    return isGood ? 0 : 1;
  } catch (error) {
    console.error(
      `\nFAILED: ${error instanceof Error ? error.message : String(error)}\njournals and logs are in ${directory}`,
    );
    return 1;
  } finally {
    processes.killAll();
  }
}

process.exitCode = await main();
