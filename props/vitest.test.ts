import { describe, expect, it } from 'vitest';
import { actor, messages, t } from '../runtime/index.js';
import { scenario, type Scenario } from '../sim/index.js';
import { simulate, SimulationFailure, simulateSeeds, type SimulateOptions } from './vitest.js';

const Register = messages('register', { put: { value: t.int } });

/** Keeps what it is told, but not across a crash: the last value is forgotten with the memory. */
const forgetful = actor(Register, {
  init: () => ({ value: 0 }),
  on: {
    put(context, state, { value }) {
      state.value = value;
      context.observe({ type: 'put', value });
    },
  },
});

const escaping = actor(Register, {
  init: () => ({ value: 0 }),
  on: {
    put(_context, state) {
      state.value = Date.now();
    },
  },
});

function registerScenario(definition: typeof forgetful, sometimes: Scenario['properties']['sometimes']): Scenario {
  return scenario({
    name: 'register',
    programs: { server: () => [{ name: 'register', definition, params: null }] },
    setup: () => ({
      nodes: [{ id: 'n1', program: 'server', params: null, role: 'server' }],
      workload: [10, 500, 990].map((atMs, value) => ({
        atMs,
        to: 'n1/register',
        message: { type: 'put', value: value + 1 },
      })),
    }),
    faultMs: 1000,
    healMs: 1000,
    faults: { faults: ['crash', 'pause', 'clock-jump'], maxDown: 1 },
    properties: {
      always: {},
      eventually: {
        remembers: () => {
          let last: unknown = 0;
          return {
            observe({ observation }) {
              if (observation.type === 'put') last = observation['value'];
              return undefined;
            },
            end(run) {
              const state = run.state('n1', 'register') as { value: number } | undefined;
              return state?.value === last ? undefined : `was told ${String(last)}, has ${String(state?.value)}`;
            },
          };
        },
      },
      sometimes,
    },
  });
}

async function failureOf(tried: Scenario, options: SimulateOptions, onlySeeds?: string): Promise<string> {
  try {
    await simulateSeeds('my test', `${process.cwd()}/my.test.ts`, tried, options, onlySeeds);
  } catch (error) {
    expect(error).toBeInstanceOf(SimulationFailure);
    return (error as Error).message;
  }
  return '';
}

describe('simulate', () => {
  const forgets = registerScenario(forgetful, {});

  it('shows property, step, the smallest plan and workload, and how to replay', async () => {
    const message = await failureOf(forgets, { seeds: 100 });
    expect(message).toMatch(/^register: seed (\d+) failed\n {2}remembers at step n1:\d+, 2000 ms: was told \d, has 0/);
    expect(message).toMatch(/still fails with 1 of \d+ faults and 1 of 3 requests on 1 of 1 nodes/);
    expect(message.match(/"fault":"crash"/g)).toHaveLength(1);
    const seed = /seed (\d+)/.exec(message)?.[1];
    expect(message).toContain(`ORRERY_SEEDS=${seed}..${seed} npx vitest run my.test.ts -t 'my test'`);
  });

  it('replays by the variable that the message names', async () => {
    const seed = /seed (\d+)/.exec(await failureOf(forgets, { seeds: 100, shrinkRuns: 0 }))?.[1];
    expect(await failureOf(forgets, {}, `${seed}..${seed}`)).toContain(`seed ${seed} failed`);
  });

  it('runs the plan that is given', async () => {
    const plan = (ms: number) => ({
      faults: [
        { name: 'a', fault: 'crash', at: { ms }, target: { kind: 'node' as const, node: 'n1' }, forMs: 5, params: {} },
      ],
    });
    expect(await failureOf(forgets, { seeds: 3, plan: plan(995) })).toContain('1 of 1 faults');
    expect(await failureOf(forgets, { seeds: 3, plan: plan(1) })).toBe('');
  });

  it('fails where what ought to happen sometimes never does', async () => {
    const never = registerScenario(forgetful, { flew: () => ({ observe: () => false }) });
    const plan = { faults: [] };
    expect(await failureOf({ ...never, sometimesAfterSeeds: 10 }, { seeds: 10, plan })).toContain(
      'never reached in 10 seeds: flew',
    );
    expect(await failureOf({ ...never, sometimesAfterSeeds: 10 }, { seeds: 9, plan })).toBe('');
  });

  it('names the field that keeps a scenario from being run', async () => {
    const whole = registerScenario(forgetful, {});
    const refused = async (change: unknown, fault: string): Promise<void> => {
      const broken = { ...whole, ...(change as object) } as unknown as Scenario;
      const run = simulateSeeds('my test', 'my.test.ts', broken, { seeds: 1 }, undefined);
      await expect(run).rejects.toThrow(`scenario register: ${fault}`);
    };
    await refused(
      { properties: undefined },
      'properties: expected an object with any of always, eventually, sometimes',
    );
    await refused({ properties: { always: 1 } }, 'properties.always: expected an object of properties by name');
    await refused(
      { properties: { allways: {} } },
      'properties.allways: no such section; there are always, eventually, sometimes',
    );
    await refused({ fautMs: 1 }, 'fautMs: no such field; there are name, programs, setup, faultMs');
    await refused({ faults: { maxDwn: 1 } }, 'faults.maxDwn: no such field; there are faults, alsoFaults');
  });

  it('runs a scenario that claims nothing in some sections, or in all', async () => {
    const { always } = registerScenario(forgetful, {}).properties;
    const plan = { faults: [] };
    for (const properties of [{}, { always }, { sometimes: undefined }]) {
      expect(await failureOf({ ...registerScenario(forgetful, {}), properties }, { seeds: 1, plan })).toBe('');
    }
  });

  it('names what escaped the context, with its place', async () => {
    const message = await failureOf(registerScenario(escaping, {}), { seeds: 1 });
    expect(message).toMatch(/Date\.now\(\) in actor n1\/register at step n1:\d+ \(.*vitest\.test\.ts:\d+:\d+\)/);
  });
});

simulate('a register that is not crashed remembers', registerScenario(forgetful, {}), {
  seeds: 20,
  plan: { faults: [] },
});
