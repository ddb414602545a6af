import { parentPort, threadId, workerData } from 'node:worker_threads';
import { createCalendar } from '../../runtime/node/calendar.js';
import { threadGuard, type ThreadGuard } from '../guard/guard.js';
import { copyState } from '../properties/copy-state.js';
import { Group } from '../world/group.js';
import { loadScenario } from './load-scenario.js';
import { NO_NODE, positionedTurns, RunPosition } from './run-position.js';
import type { GroupOrder, StateCopy, ThreadAnswer, ThreadRequest } from './thread-messages.js';

// The entry of a worker thread: hosts one group of nodes at a time and does what the main thread asks.

const port = parentPort;
if (port === null) throw new Error('sim/threads/worker is the entry of a worker thread; use runInThreads');
const position = new RunPosition((workerData as { readonly position: SharedArrayBuffer }).position);

// What is trapped is named by file and line of the source, and told before a rejection could end the thread.
process.setSourceMapsEnabled(true);
process.on('unhandledRejection', () => undefined);

let guard: ThreadGuard | undefined;
let order: GroupOrder | undefined;
let group: Group | undefined;

async function build(wanted: GroupOrder): Promise<ThreadAnswer> {
  const scenario = await loadScenario(wanted.scenario);
  guard = wanted.isGuarded ? threadGuard() : undefined;
  guard?.takeEscapes();
  const calendar = createCalendar();
  order = wanted;
  group = new Group({
    ...wanted,
    scenario,
    guard: positionedTurns(position, guard),
    calendar: guard?.exempt(calendar) ?? calendar,
    beforeNode: (nodeIndex) => position.enterNode(nodeIndex),
  });
  return { kind: 'built', threadId, nextWindow: group.nextWindow };
}

function copyStates(built: Group, { hosted, setup }: GroupOrder): readonly StateCopy[] {
  return hosted.flatMap((nodeIndex) => {
    const actorNode = built.hostOf(nodeIndex)?.actorNode;
    return (actorNode?.actorPaths() ?? []).map((actorPath) => {
      try {
        return {
          nodeIndex,
          actorPath,
          state: copyState(actorNode?.stateOf(actorPath), setup.nodes[nodeIndex]!.id, actorPath),
        };
      } catch (error) {
        return { nodeIndex, actorPath, fault: (error as Error).message };
      }
    });
  });
}

async function answer(request: ThreadRequest): Promise<ThreadAnswer> {
  if (request.kind === 'build') return build(request.order);
  if (group === undefined || order === undefined) throw new Error(`${request.kind} came before build`);
  if (request.kind === 'run') {
    const report = group.run(request.plan, request.arrivals);
    position.enterNode(NO_NODE);
    return { kind: 'ran', report };
  }
  const ended = {
    kind: 'ended',
    lanes: group.lanes(),
    states: request.withStates ? copyStates(group, order) : [],
    waits: order.hosted.map((nodeIndex) => [nodeIndex, group?.hostOf(nodeIndex)?.actorNode?.waits() ?? []] as const),
    escapes: (guard?.takeEscapes() ?? []).map(({ message }) => message),
  } as const;
  group = undefined;
  return ended;
}

port.on('message', (request: ThreadRequest) => {
  answer(request)
    .then((done) => port.postMessage(done))
    // Also where the answer could not be posted: whoever asked must hear of it.
    .catch((error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      port.postMessage({ kind: 'failed', text } satisfies ThreadAnswer);
    });
});
