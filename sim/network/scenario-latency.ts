import { assert } from '../../runtime/assert.js';
import type { Scenario } from '../scenario.js';
import type { NodePlan, Setup } from '../setup.js';
import { toUs } from '../world/duration.js';
import { LatencyPerLink, SeededLatency, type ArrivalStrategy, type Latency, type LatencyModel } from './latency.js';

const LATENCY_RANGE_MAX_MS = 2_000;

/** Whatever a scenario says of its latencies, as a strategy. Throws `RangeError` where it cannot be used. */
export function arrivalsOf(
  scenario: Scenario,
  setup: Setup,
  seedHash: number,
  nodeHashes: Int32Array,
): ArrivalStrategy {
  const { latency } = scenario;
  if (typeof latency !== 'function') return new SeededLatency(seedHash, latencyOf(scenario));
  const nodes = new Map<number, NodePlan>();
  setup.nodes.forEach((node, index) => nodes.set(nodeHashes[index]!, node));
  assert(nodes.size === setup.nodes.length, 'two names of nodes have the same hash; name one of them otherwise');
  return new LatencyPerLink(seedHash, (fromHash, toHash) => {
    const from = nodes.get(fromHash)!;
    const to = nodes.get(toHash)!;
    return checked(scenario, `latency(${from.id}, ${to.id})`, latency(from, to));
  });
}

/** The latency that all links of a scenario share; where each has its own, there is nothing to check before a run. */
export function checkLatency(scenario: Scenario): void {
  if (scenario.latency !== undefined && scenario.latencyMs !== undefined)
    throw new RangeError(`scenario ${scenario.name}: both latency and latencyMs are given; leave one out`);
  if (typeof scenario.latency !== 'function') latencyOf(scenario);
}

function latencyOf(scenario: Scenario): Latency {
  const { latency, minLatencyMs = 1 } = scenario;
  if (typeof latency === 'object') return checked(scenario, 'latency', latency);
  const { min, max } = scenario.latencyMs ?? { min: Math.max(1, minLatencyMs), max: Math.max(5, minLatencyMs) };
  if (max - min > LATENCY_RANGE_MAX_MS) {
    throw new RangeError(
      `scenario ${scenario.name}: latencyMs spans more than ${LATENCY_RANGE_MAX_MS} ms; use the fault "reorder" or "slow-link"`,
    );
  }
  return checked(scenario, 'latencyMs', { kind: 'uniform', minMs: min, maxMs: max });
}

function checked(scenario: Scenario, field: string, model: LatencyModel): Latency {
  const { name, minLatencyMs = 1 } = scenario;
  const { minMs, maxMs } = model;
  const refuse = (what: string): never => {
    throw new RangeError(`scenario ${name}: ${field}.${what}`);
  };
  const bounds = field === 'latencyMs' ? { min: 'min', max: 'max' } : { min: 'minMs', max: 'maxMs' };
  if (minMs < minLatencyMs)
    refuse(`${bounds.min} (${minMs}) is below minLatencyMs (${minLatencyMs}); raise it or lower that`);
  if (maxMs < minMs) refuse(`${bounds.max} (${maxMs}) is below ${field}.${bounds.min} (${minMs})`);
  const slow = model.kind === 'bimodal' ? model : { slowPpm: 0, slowMinMs: maxMs, slowMaxMs: maxMs };
  if (slow.slowMinMs < minLatencyMs || slow.slowMaxMs < slow.slowMinMs)
    refuse(`slowMinMs (${slow.slowMinMs}): give minLatencyMs <= slowMinMs <= slowMaxMs`);
  if (!Number.isSafeInteger(slow.slowPpm) || slow.slowPpm < 0 || slow.slowPpm > 1_000_000)
    refuse(`slowPpm (${slow.slowPpm}): give parts per million, 0 to 1000000`);
  const us = (part: string, ms: number, least: number): number => toUs(name, `${field}.${part}`, ms, least);
  return {
    kind: model.kind,
    minUs: us(bounds.min, minMs, 0.001),
    maxUs: us(bounds.max, maxMs, 0.001),
    meanUs: model.kind === 'exponential' ? us('meanMs', model.meanMs, 0) : 0,
    slowPpm: slow.slowPpm,
    slowMinUs: us('slowMinMs', slow.slowMinMs, 0.001),
    slowMaxUs: us('slowMaxMs', slow.slowMaxMs, 0.001),
    linkOffsetUs: us('linkOffsetMs', model.linkOffsetMs ?? 0, 0),
  };
}
