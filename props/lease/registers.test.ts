import { expect, it } from 'vitest';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { EndOfRun } from '../../sim/properties/property.js';
import { registersLinearizable } from './registers.js';

type Told = Readonly<Record<string, string | number | boolean>> & { readonly type: string };

function judged(...told: readonly (readonly [node: string, observation: Told])[]): string | undefined {
  const monitor = registersLinearizable();
  told.forEach(([node, observation], step) => {
    const record: Partial<ObservedRecord> = { node, step, actor: 'client', atUs: step, observation };
    expect(monitor.observe?.(record as ObservedRecord)).toBeUndefined();
  });
  return monitor.end?.({} as EndOfRun);
}

const key = 'register/1';
const asks = (node: string, id: string): [string, Told] => [node, { type: 'read-asked', id, key }];
const reads = (node: string, id: string, value: number): [string, Told] => [node, { type: 'read-answered', id, value }];
const adds = (node: string, id: string, value: number): [string, Told] => [
  node,
  { type: 'increment-asked', id, key, value },
];
const added = (node: string, id: string, succeeded: boolean): [string, Told] => [
  node,
  { type: 'increment-answered', id, succeeded },
];

it('lets pass what one register can have answered, also where an answer was lost', () => {
  const first = [
    asks('n1', 'a'),
    reads('n1', 'a', 0),
    adds('n1', 'a try 0', 0),
    asks('n2', 'b'),
    added('n1', 'a try 0', true),
  ] as const;
  expect(judged(...first, reads('n2', 'b', 0))).toBeUndefined();
  expect(
    judged(...first, reads('n2', 'b', 1), adds('n2', 'b try 0', 1), asks('n1', 'c'), reads('n1', 'c', 2)),
  ).toBeUndefined();
  expect(
    judged(
      ['n1', { type: 'read-asked', id: 'm', key: 'members/n2' }],
      ['n1', { type: 'read-answered', id: 'm', value: 7 }],
    ),
  ).toBeUndefined();
});

it('refuses a lost update, a stale read and a refusal without a reason, and names the step', () => {
  const taken = [adds('n1', 'a try 0', 0), added('n1', 'a try 0', true)] as const;
  expect(judged(...taken, adds('n2', 'b try 0', 0), added('n2', 'b try 0', true))).toMatch(
    /n2 b try 0, asked at n2:2, is explained by no order.*the state is 1/,
  );
  expect(judged(...taken, asks('n2', 'b'), reads('n2', 'b', 0))).toContain('read(register/1) → 0 of n2 b read 1');
  expect(judged(adds('n1', 'a try 0', 0), added('n1', 'a try 0', false))).toContain('→ refused');
});
