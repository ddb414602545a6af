import { isNodeId } from '../../runtime/address.js';
import { t, type Type } from '../../runtime/schema.js';
import type { Violation } from '../properties/property.js';
import type { Setup } from '../setup.js';
import type { RunDigest } from '../trace/run-digest.js';

/** Longer than any simulated run. */
const DURATION_MAX_MS = 1e12;
const NODES_MAX = 10_000;

function refined<T>(base: Type<T>, describes: string, holds: (value: T) => boolean): Type<T> {
  return {
    describes,
    check(value, path) {
      const fault = base.check(value, path);
      if (fault !== undefined) return fault;
      return holds(value as T) ? undefined : `${path}: expected ${describes}, got ${shown(value)}`;
    },
  };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const nodeId = refined(t.string, 'the name of a node (letters, digits, "-", "_", ".")', isNodeId);
export const durationMs = refined(t.number, 'milliseconds from 0', (ms) => ms >= 0 && ms <= DURATION_MAX_MS);
export const count = refined(t.int, 'a whole number from 0', (n) => n >= 0);

/** Steps have the form `node:step`; the address of a violation before any step is empty. */
const STEP = /^$|^[A-Za-z0-9][A-Za-z0-9._-]{0,63}:\d{1,16}$/;
export const stepAddress = refined(t.string, 'a step such as n1:17', (text) => STEP.test(text));

const nodePlan = t.object({
  id: nodeId,
  program: t.string,
  params: t.plain,
  role: t.oneOf('server', 'client', 'store', 'sink'),
});

const nodeList = refined(
  t.array(nodePlan),
  `1 to ${NODES_MAX} nodes of different names`,
  (nodes: readonly { readonly id: string }[]) =>
    nodes.length > 0 && nodes.length <= NODES_MAX && new Set(nodes.map(({ id }) => id)).size === nodes.length,
);

const message: Type<Setup['workload'][number]['message']> = {
  describes: 'a message',
  check(value, path) {
    const type = (value as { type?: unknown } | null)?.type;
    return typeof type === 'string' ? t.plain.check(value, path) : `${path}.type: expected a string`;
  },
};

export const setup: Type<Setup> = t.object({
  nodes: nodeList,
  workload: t.array(t.object({ atMs: durationMs, to: t.string, message })),
});

export const violations: Type<readonly Violation[]> = t.array(
  t.object({
    property: t.string,
    kind: t.oneOf('always', 'eventually', 'crash'),
    step: stepAddress,
    atMs: durationMs,
    message: t.string,
  }),
);

const marks = refined(t.string, 'hexadecimal digits, four for each mark', (text) => /^([0-9a-f]{4})*$/.test(text));

export const runDigest: Type<RunDigest> = t.object({
  stride: refined(t.int, 'a whole number from 1', (n) => n >= 1),
  nodes: t.record(t.object({ steps: count, marks })),
  last: t.array(t.object({ step: t.string, atMs: t.string, text: t.string })),
});
