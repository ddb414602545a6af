import { actor } from '../../runtime/actor.js';
import type { Observation, ObservedRecord } from '../../runtime/observation.js';
import type { Calendar } from '../../runtime/ports.js';
import { messages, t } from '../../runtime/schema.js';
import type { PlannedFault } from '../faults/plan.js';
import type { RunResult, TraceRecord } from '../run.js';
import type { Scenario } from '../scenario.js';
import { runInline } from './run-inline.js';

// What the tests of the physics of faults share: three nodes that tell all they do, and ways to ask a trace what happened.

/** No schedule has any tick. */
export const noCalendar: Calendar = Object.freeze({
  zoneDataVersion: 'none',
  nextTick: () => undefined,
  findFault: () => undefined,
});

export const probes = messages('probe', {
  tick: {},
  ping: { n: t.int },
  question: {},
  answer: {},
  effect: { n: t.int },
});

/** Sends a numbered ping to every peer each 2 ms, tells what it hears, and counts durably. */
export const probe = actor(probes, {
  init: (params: { readonly peers: readonly string[] }) => ({ sent: 0, saved: 0, remembered: 0, peers: params.peers }),
  recover: (durable, params) => {
    const saved = (durable.cells.get('saved') as number | undefined) ?? 0;
    return { sent: 0, saved, remembered: 0, peers: params.peers };
  },
  start(context, state) {
    context.observe({ type: 'began', saved: state.saved, remembered: state.remembered });
    context.setTimer('tick', 2, { type: 'tick' });
  },
  on: {
    tick(context, state) {
      context.setTimer('tick', 2, { type: 'tick' });
      state.saved++;
      state.remembered++;
      context.storage.put('saved', state.saved);
      context.observe({ type: 'saved', saved: state.saved });
      context.observe({ type: 'clocks', nowMs: context.nowMs(), wallMs: context.wallMs() });
      state.sent++;
      for (const peer of state.peers) {
        if (peer !== context.node)
          context.send(probe.at(peer, 'probe'), { type: 'ping', n: state.sent }, { beforeDurable: true });
      }
    },
    ping(context, _state, { n }) {
      context.observe({ type: 'heard', from: context.sender, n });
    },
  },
});

export const quiet = { always: {}, eventually: {}, sometimes: {} };

export function probing(change: Partial<Scenario> = {}): Scenario {
  const peers = ['a', 'b', 'c'];
  return {
    name: 'probing',
    programs: { probe: (_node, params) => [{ name: 'probe', definition: probe, params }] },
    setup: () => ({
      nodes: peers.map((id) => ({ id, program: 'probe', params: { peers }, role: 'server' as const })),
      workload: [],
    }),
    ...{ faultMs: 600, healMs: 100, faults: 'none', properties: quiet },
    ...change,
  };
}

/** For threads, which load a scenario by its name. */
export const probingScenario: Scenario = probing();

export function run(
  faults: readonly PlannedFault[],
  change: Partial<Scenario> = {},
  seed = 1,
): RunResult & { trace: readonly TraceRecord[] } {
  const result = runInline(probing(change), { seed, plan: { faults } }, { calendar: noCalendar, keepTrace: true });
  return { ...result, trace: result.trace ?? [] };
}

export function fault(
  kind: string,
  target: PlannedFault['target'],
  params: PlannedFault['params'] = {},
  at = 200,
  forMs = 200,
): PlannedFault {
  return { name: `${kind}-1`, fault: kind, at: { ms: at }, target, forMs, params };
}

export const onB = { kind: 'node', node: 'b' } as const;

export function observed(
  result: { trace: readonly TraceRecord[] },
  node: string,
  type: string,
): (ObservedRecord & { observation: Observation })[] {
  return result.trace.flatMap((line) =>
    line.kind === 'observation' && line.record.node === node && line.record.observation.type === type
      ? [line.record]
      : [],
  );
}

export function deliveries(
  result: { trace: readonly TraceRecord[] },
  from: string,
  to: string,
): Extract<TraceRecord, { kind: 'delivery' }>[] {
  return result.trace.flatMap((line) =>
    line.kind === 'delivery' && line.from.startsWith(from) && line.node === to ? [line] : [],
  );
}

export const during = ({ atUs }: { atUs: number }): boolean => atUs >= 206_000 && atUs < 400_000;
