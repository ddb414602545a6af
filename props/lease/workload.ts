import type { ActorSpec } from '../../runtime/actor.js';
import type { Random } from '../../runtime/ports.js';
import type { Setup, WorkItem } from '../../sim/index.js';
import { LEADER_WATCHER, leaderWatcher } from './leader-watcher.js';
import { lockWorker, type LockWorkerParams } from './lock-worker.js';
import { rangeWatcher, type RangeWatcherParams } from './range-watcher.js';
import { registerClient, REGISTER_PREFIX } from './register-client.js';
import { treeClient, type TreeParams } from './tree-client.js';
import { watcher } from './watcher.js';

/** How the members of a cluster use its store. */
export type StoreUse = {
  /** Without `proclaimsEvery` in setups that were kept before the lock was observed. */
  readonly worker: LockWorkerParams;
  /** Absent, as `tree`, in setups that were kept before ranges were watched and read. */
  readonly range?: RangeWatcherParams;
  readonly tree?: TreeParams;
};

/** On each member a lock worker, a client of registers and a watcher; on the first one who reads trees, on the second a watcher of a range. */
export function usersOfStore(
  node: string,
  members: readonly string[],
  { worker, range, tree }: StoreUse,
): readonly ActorSpec[] {
  return [
    { name: 'worker', definition: lockWorker, params: worker },
    { name: 'client', definition: registerClient, params: null },
    { name: 'watcher', definition: watcher, params: { watchesAll: node === members[0] } },
    ...(worker.proclaimsEvery === undefined ? [] : [{ name: LEADER_WATCHER, definition: leaderWatcher, params: null }]),
    ...(node === members[0] && tree !== undefined ? [{ name: 'tree', definition: treeClient, params: tree }] : []),
    ...(node === members[1] && range !== undefined
      ? [{ name: 'range-watcher', definition: rangeWatcher, params: range }]
      : []),
  ];
}

export function pick<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[random.between(0, values.length - 1)] ?? values[0];
}

export function drawUse(
  random: Random,
  sink: string,
  writeEveryMs: readonly [number, ...number[]] = [10, 60, 250],
): StoreUse {
  return {
    worker: {
      sink,
      holdMs: pick(random, [300, 1000, 3000]),
      writeEveryMs: pick(random, writeEveryMs),
      restMs: pick(random, [10, 200, 1000]),
      triesEvery: pick(random, [0, 2, 3]),
      proclaimsEvery: pick(random, [0, 3, 10]),
    },
    tree: { actEveryMs: pick(random, [300, 700, 1500]) },
    range: {
      from: pick(random, ['', 'leased/2', 'members/n2']),
      end: pick(random, ['members/n3', 'register/2']),
      without: pick<readonly ('put' | 'delete')[]>(random, [[], ['put'], ['delete']]),
      previous: random.between(0, 2) > 0,
    },
  };
}

/**
 * What a margin of m bears: two clocks that are off by d to either side agree on the order of the ends as long as (1 - m)(1 + d) <= 1 - d,
 * which is d <= m / (2 - m). A little less, for what is rounded.
 */
export function bearableDriftPpm(clockMarginPercent: number): number {
  return Math.floor((clockMarginPercent * 990_000) / (200 - clockMarginPercent));
}

/** The margin for clocks that the members of a cluster keep, all alike. */
export function marginOf({ nodes }: Setup): number {
  const params = nodes[0]?.params as {
    readonly coordinator?: { readonly member?: { readonly clockMarginPercent: number } };
  };
  return params.coordinator?.member?.clockMarginPercent ?? 0;
}

/** What a member may be asked for besides taking the lock, as often as it stands here. */
const OPERATIONS = Object.freeze([
  ...(['rewatch', 'put-leased', 'put-leased', 'revoke-session', 'revoke-session'] as const),
  ...Array.from({ length: 15 }, () => 'increment' as const),
]);
type Operation = (typeof OPERATIONS)[number];

/** Every other run has all operations, the others only some; an operator is in every other run of either. What is not there leaves a pause. */
function drawOperations(random: Random): ReadonlySet<Operation> {
  const isThere = new Map([...new Set(OPERATIONS)].map((kind) => [kind, random.between(0, 1) === 0]));
  const hasAll = random.between(0, 1) === 0;
  return new Set(OPERATIONS.filter((kind) => isThere.get(kind) === true || (hasAll && kind !== 'revoke-session')));
}

/** Each member looks at a register about so often, since whoever asks rarely is not lied to. */
export function drawLooks(random: Random, members: readonly string[], untilMs: number, everyMs: number): WorkItem[] {
  return members.flatMap((member) => {
    const looks: WorkItem[] = [];
    for (let atMs = random.between(100, 1500); atMs < untilMs; atMs += random.between(1, 2 * everyMs)) {
      const key = `${REGISTER_PREFIX}${random.between(1, 2)}`;
      looks.push({
        atMs,
        to: `${member}/client`,
        message: { type: 'look', key, id: `${member}-look-${looks.length}` },
      });
    }
    return looks;
  });
}

/** What members are asked for until a time; `pausesMs`: how long about between two, of which each member draws one. */
export function drawLeaseWorkload(
  random: Random,
  members: readonly string[],
  untilMs: number,
  pausesMs: readonly [number, ...number[]] = [100, 300, 1000],
): WorkItem[] {
  const workload: WorkItem[] = [];
  const operations = drawOperations(random);
  for (const member of members) {
    const pauseMs = pick(random, pausesMs);
    let n = 0;
    for (let atMs = random.between(100, 1500); atMs < untilMs; atMs += random.between(1, 2 * pauseMs)) {
      const operation = OPERATIONS[random.between(0, OPERATIONS.length - 1)] ?? 'increment';
      if (!operations.has(operation)) continue;
      workload.push(drawItem(random, members, member, `${member}-${++n}`, atMs, operation));
    }
  }
  return workload.sort((a, b) => a.atMs - b.atMs);
}

function drawItem(
  random: Random,
  members: readonly string[],
  member: string,
  id: string,
  atMs: number,
  operation: Operation,
): WorkItem {
  const to = `${member}/client`;
  switch (operation) {
    case 'rewatch':
      return { atMs, to: `${member}/watcher`, message: { type: 'rewatch' } };
    case 'put-leased': {
      const ttlMs = pick(random, [100, 500, 1500]);
      const key = `leased/${random.between(1, 3)}`;
      return { atMs, to, message: { type: 'put-leased', key, ttlMs, keepAlives: random.between(0, 4), id } };
    }
    case 'revoke-session': {
      const node = members[random.between(0, members.length - 1)] ?? member;
      return { atMs, to, message: { type: 'revoke-session', node, id } };
    }
    case 'increment':
      return { atMs, to, message: { type: 'increment', key: `${REGISTER_PREFIX}${random.between(1, 2)}`, id } };
  }
}
