import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import type { ActorSpec } from '../../runtime/actor.js';
import type { Message, Plain } from '../../runtime/data.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import {
  createCalendar,
  makeDirectory,
  NodeSetupError,
  startNode,
  type NodeEvent,
  type RunningNode,
  type TlsOptions,
  type WorkHost,
} from '../../runtime/node/index.js';
import type { Coordinator, Farewell } from '../../protocols/coordinator/index.js';
import { gossipCoordinator } from '../../protocols/gossip/index.js';
import { leaseCoordinator } from '../../protocols/lease/index.js';
import { replicatedLeaseCoordinator } from '../../protocols/lease-replicated/index.js';
import { raftCoordinator } from '../../protocols/raft/index.js';
import type { TaskDefinition } from '../definitions/index.js';
import { SCHEDULER_ACTOR, schedulerActors } from '../program.js';
import { membersOf, type NodeConfig } from './config.js';
import { REQUEST_TIMEOUT_MS, type NodeStatus } from './control/control-protocol.js';
import { ControlServer } from './control/control-server.js';
import { WorkRouter } from './executors/executor.js';
import { FunctionExecutor, loadFunctions, type TaskFunction } from './executors/function-executor.js';
import { ShellExecutor } from './executors/shell-executor.js';
import { readDefinitionsFile } from './files/definitions-file.js';
import type { Log } from './log.js';

const COORDINATORS: Readonly<Record<NodeConfig['coordinator'], Coordinator>> = {
  raft: raftCoordinator,
  lease: leaseCoordinator,
  gossip: gossipCoordinator,
};

/** Several store nodes hold one store, which Raft replicates among them. */
function coordinatorOf({ coordinator, stores }: NodeConfig): Coordinator {
  return coordinator === 'lease' && stores.length > 1 ? replicatedLeaseCoordinator : COORDINATORS[coordinator];
}

/** How long to wait before definitions that the cluster did not take are submitted again. */
const RESUBMIT_MS = 1000;

export interface SchedulerNodeOptions {
  readonly log: Log;
  /** The node cannot go on; the process should end. */
  halted(reason: string): void;
  observed?(record: ObservedRecord): void;
}

/** A scheduler node as a process runs it. */
export interface SchedulerNode {
  readonly node: RunningNode;
  status(): NodeStatus;
  /** Ends the work, takes leave of the others, resigns from office, closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts a node of the scheduler from its configuration. Rejects where a file that it names cannot be used, the address is taken,
 * or the data directory is in use or damaged.
 */
export async function startSchedulerNode(config: NodeConfig, options: SchedulerNodeOptions): Promise<SchedulerNode> {
  makeDirectory(config.dataDirectory, 0o700);
  mkdirSync(config.executors.shell.directory ?? config.dataDirectory, { recursive: true });
  const tasks = config.tasks === undefined ? [] : readDefinitionsFile(config.tasks, createCalendar());
  const functionsFile = config.executors.functions;
  const functions = functionsFile === undefined ? new Map() : await loadFunctions(functionsFile);
  const routers: WorkRouter[] = [];
  const tls = readTls(config);
  const offices = new Offices();
  const node = await startNode({
    node: config.node,
    cluster: config.cluster,
    actors: actorsOf(config),
    listen: config.listen,
    peers: config.peers,
    dataDirectory: config.dataDirectory,
    allowPlaintext: config.allowPlaintext,
    limits: definedOnly(config.limits),
    ...(tls === undefined ? {} : { tls }),
    observed(record) {
      offices.see(record);
      options.observed?.(record);
    },
    work: (host) => {
      const router = makeRouter(config, functions, host);
      routers.push(router);
      return router;
    },
    event: (event) => logEvent(options.log, event),
    halted: options.halted,
  });
  const status = (): NodeStatus => statusOf(config, node, offices);
  const control = new ControlServer(config.dataDirectory, node, status);
  await control.open();
  const submission = submitAll(node, tasks, options.log);
  return {
    node,
    status,
    async stop() {
      submission.stop();
      for (const router of routers) router.stop();
      const { farewell } = coordinatorOf(config);
      if (membersOf(config).includes(config.node)) await sayFarewell(node, farewell.member, options.log);
      if (config.stores.includes(config.node)) await sayFarewell(node, farewell.store, options.log);
      await control.close();
      await node.stop();
    },
  };
}

/** What the others are spared is a second or two; a node that cannot take its leave must not stay for it. */
const FAREWELL_MS = 3000;

async function sayFarewell(node: RunningNode, farewell: Farewell | null, log: Log): Promise<void> {
  if (farewell === null) return;
  const said = await new Promise<string>((resolve) => {
    const limit = setTimeout(() => resolve('nobody answered'), FAREWELL_MS);
    const client = node.connect((_questionId, answer) => {
      clearTimeout(limit);
      client.close();
      resolve(answer.type);
    });
    client.ask(farewell.actor, { ...farewell.message });
  });
  log('info', 'farewell', { said });
}

function actorsOf(config: NodeConfig): readonly ActorSpec[] {
  const { node, stores } = config;
  const coordinator = coordinatorOf(config);
  const cluster = { members: membersOf(config), stores };
  const coordination = (config.coordinatorOptions ?? null) as Plain;
  const actors: ActorSpec[] = [];
  if (stores.includes(node)) actors.push(...coordinator.storeActors(node, cluster, coordination));
  if (cluster.members.includes(node)) {
    actors.push(...memberActors(coordinator, node, cluster, coordination));
    actors.push(...schedulerActors(coordinator.guarantees, { slots: config.slots }));
  }
  return actors;
}

/** Throws NodeSetupError where the coordinator cannot use its options. */
function memberActors(
  ...[coordinator, ...given]: [Coordinator, ...Parameters<Coordinator['memberActors']>]
): readonly ActorSpec[] {
  try {
    return coordinator.memberActors(...given);
  } catch (error) {
    throw new NodeSetupError(`coordinatorOptions: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function makeRouter(config: NodeConfig, functions: ReadonlyMap<string, TaskFunction>, host: WorkHost): WorkRouter {
  const router = new WorkRouter(host.done);
  const sinkUrl = config.sink ?? '';
  router.register('function', new FunctionExecutor(functions, sinkUrl, host.lamport));
  const { enabled, directory, environment, inherit, maxOutputBytes, killGraceMs } = config.executors.shell;
  if (!enabled) return router;
  const inherited = inherit.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const shell = new ShellExecutor({
    directory: directory ?? config.dataDirectory,
    environment: { ...Object.fromEntries(inherited), ...environment },
    maxOutputBytes,
    killGraceMs,
    sinkUrl,
    lamport: host.lamport,
  });
  router.register('shell', shell);
  return router;
}

function readTls({ tls }: NodeConfig): TlsOptions | undefined {
  if (tls === undefined) return undefined;
  const [ca, cert, key] = [tls.ca, tls.cert, tls.key].map((file) => readFileSync(file, 'utf8')) as [
    string,
    string,
    string,
  ];
  return { ca, cert, key };
}

function definedOnly<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

/** What the node is, by its own observations. */
class Offices {
  plannerToken: number | null = null;
  role = '';

  see({ observation }: ObservedRecord): void {
    const { type, token } = observation;
    if (type === 'planner-active') this.plannerToken = Number(token);
    else if (type === 'planner-inactive') this.plannerToken = null;
    else if (type.startsWith('raft-became-')) this.role = type.slice('raft-became-'.length);
  }
}

function statusOf(config: NodeConfig, node: RunningNode, { plannerToken, role }: Offices): NodeStatus {
  const { coordinator, peers } = config;
  const connectedTo = Object.keys(peers).filter((peer) => node.isConnectedTo(peer));
  return { node: config.node, incarnation: node.incarnation, coordinator, plannerToken, role, connectedTo };
}

function logEvent(log: Log, event: NodeEvent): void {
  const { type, ...fields } = event;
  switch (event.type) {
    case 'actor-failed': {
      const { error } = event;
      return log('error', type, {
        ...fields,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
    case 'peer-connected':
    case 'connection-accepted':
      return log('info', type, fields);
    default:
      return log('warn', type, fields);
  }
}

/**
 * Submits the definitions of a file until each has been taken. The id of a submission follows from the definition, so that all nodes may
 * do so, and again at every start: it counts once until it is changed.
 */
function submitAll(node: RunningNode, tasks: readonly TaskDefinition[], log: Log): { stop(): void } {
  const left = new Map(tasks.map((task) => [task.id, task]));
  const asked = new Map<number, string>();
  let askedAtMs = 0;
  const client = node.connect((questionId, answer: Message & { reason?: string }) => {
    const taskId = asked.get(questionId);
    asked.delete(questionId);
    if (taskId === undefined || answer.type === 'scheduler-failed') return;
    left.delete(taskId);
    if (answer.type === 'rejected') log('error', 'definition-rejected', { task: taskId, reason: answer.reason });
    if (left.size === 0) log('info', 'definitions-submitted', { count: tasks.length });
  });
  const submit = (): void => {
    if (left.size === 0) return stop();
    if (asked.size > 0 && performance.now() - askedAtMs < REQUEST_TIMEOUT_MS) return;
    asked.clear();
    askedAtMs = performance.now();
    for (const task of left.values()) {
      asked.set(client.ask(SCHEDULER_ACTOR, { type: 'submit', submissionId: submissionIdOf(task), task }), task.id);
    }
  };
  const timer = setInterval(submit, RESUBMIT_MS);
  const stop = (): void => {
    clearInterval(timer);
    client.close();
  };
  submit();
  return { stop };
}

export function submissionIdOf(task: TaskDefinition): string {
  return `definition-${createHash('sha256').update(JSON.stringify(task)).digest('hex').slice(0, 20)}`;
}
