import { actor } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Calendar } from '../../runtime/ports.js';
import { messages, t } from '../../runtime/schema.js';
import { scenario } from '../define-scenario.js';
import type { Scenario } from '../scenario.js';

// Small systems with a bug each that wants one strategy.

export const noCalendar: Calendar = Object.freeze({
  zoneDataVersion: 'none',
  nextTick: () => undefined,
  findFault: () => undefined,
});

const courierMessages = messages('courier', {
  go: {},
  old: { round: t.int },
  relay: { round: t.int, hopsLeft: t.int },
  fresh: { round: t.int },
  ack: { round: t.int },
  patience: { round: t.int },
});

const ROUNDS = 3;
const HOPS = 8;
const PATIENCE_MS = 120;

/**
 * In each of three rounds the origin writes directly, then by way of eight hops; the target must not apply the direct write last. It only
 * can in the third round, and the origin gives up where an earlier one takes long: the direct link must be fast twice and then slow.
 */
const courier = actor(courierMessages, {
  init: () => ({ applied: 0, gaveUp: false, acknowledged: 0 }),
  on: {
    go(context, state) {
      const round = state.acknowledged + 1;
      if (state.gaveUp || round > ROUNDS) return;
      context.send('target/courier', { type: 'old', round });
      context.send('left/courier', { type: 'relay', round, hopsLeft: HOPS });
      context.setTimer('patience', PATIENCE_MS, { type: 'patience', round });
    },
    relay(context, _state, { round, hopsLeft }) {
      const next = context.node === 'left' ? 'right/courier' : 'left/courier';
      if (hopsLeft > 0) context.send(next, { type: 'relay', round, hopsLeft: hopsLeft - 1 });
      else context.send('target/courier', { type: 'fresh', round });
    },
    old(context, state, { round }) {
      const isLate = state.applied === round;
      context.observe({ type: 'wrote-old', round, isLate: isLate && round === ROUNDS });
    },
    fresh(context, state, { round }) {
      state.applied = round;
      context.observe({ type: 'wrote-fresh', round });
      context.send('origin/courier', { type: 'ack', round });
    },
    ack(context, state, { round }) {
      if (state.gaveUp) return;
      state.acknowledged = round;
      context.cancelTimer('patience');
      context.send('origin/courier', { type: 'go' });
    },
    patience(context, state, { round }) {
      state.gaveUp = true;
      context.observe({ type: 'gave-up', round });
    },
  },
});

export const courierScenario: Scenario = scenario({
  name: 'courier',
  programs: { courier: () => [{ name: 'courier', definition: courier, params: null }] },
  setup: () => ({
    nodes: ['origin', 'target', 'left', 'right'].map((id) => ({
      id,
      program: 'courier',
      params: null,
      role: 'server' as const,
    })),
    workload: [{ atMs: 50, to: 'origin/courier', message: { type: 'go' } }],
  }),
  faultMs: 1_500,
  healMs: 500,
  faults: 'none',
  properties: {
    always: {
      'the fresh write is last': () => ({
        observe: ({ observation }) => (observation['isLate'] === true ? 'the old write came last' : undefined),
      }),
    },
    eventually: {},
    sometimes: {
      'the last round was acknowledged': () => ({
        observe: ({ observation }) => observation.type === 'wrote-fresh' && observation['round'] === ROUNDS,
      }),
    },
  },
});

const copierMessages = messages('copier', { begin: {}, end: {} });
const PERIOD_MS = 400;
const WINDOW_MS = 60;
const LOST_STAGE = 3;

/**
 * Copies for 60 ms in every 400. One that crashes meanwhile is half copied and repairs itself in the same rhythm; so does one that crashes
 * again while it does so; the third time the copy is lost. Each stage wants a crash of the same node in a seventh of the time.
 */
const copier = actor(copierMessages, {
  init: () => ({ stage: 0, isBusy: false }),
  recover: (durable) => {
    const stage = (durable.cells.get('stage') as number | undefined) ?? 0;
    const isBusy = durable.cells.get('isBusy') === true;
    return { stage: isBusy ? stage + 1 : stage, isBusy: false };
  },
  start(context, state) {
    context.observe({ type: 'copier-started', stage: state.stage });
    context.storage.put('stage', state.stage);
    context.storage.put('isBusy', false);
    context.setTimer('step', PERIOD_MS, { type: 'begin' });
  },
  on: {
    begin(context, state) {
      state.isBusy = true;
      context.storage.put('isBusy', true);
      context.setTimer('step', WINDOW_MS, { type: 'end' });
    },
    end(context, state) {
      state.isBusy = false;
      context.storage.put('isBusy', false);
      context.observe({ type: 'copied', stage: state.stage });
      context.setTimer('step', PERIOD_MS - WINDOW_MS, { type: 'begin' });
    },
  },
});

export const copierScenario: Scenario = scenario({
  name: 'copier',
  programs: { copier: () => [{ name: 'copier', definition: copier, params: null }] },
  setup: () => ({
    nodes: ['a', 'b', 'c'].map((id) => ({ id, program: 'copier', params: null, role: 'server' as const })),
    workload: [],
  }),
  faultMs: 4_000,
  healMs: 500,
  faults: { faults: ['crash', 'pause', 'partition', 'slow-link'], leavesBroken: false, maxFaults: 12 },
  abstractState: () => ({
    keysOf: ({ observation: { type, stage = 'none' } }) => [`${type} at stage ${String(stage)}`],
  }),
  properties: {
    always: {
      'no copy is lost': () => ({
        observe: ({ observation }) => (observation['stage'] === LOST_STAGE ? 'a copy was lost' : undefined),
      }),
    },
    eventually: {},
    sometimes: {
      'a copy was half made': () => ({ observe: ({ observation }) => observation['stage'] === 1 }),
      'a copy was made': () => ({ observe: ({ observation }) => observation.type === 'copied' }),
    },
  },
});

const bookingMessages = messages('booking', {
  go: {},
  reserve: {},
  cancel: {},
  hello: { to: t.array(t.string) },
  greeting: {},
});

/** A desk takes one reservation and one cancellation; a cancellation that comes first must be remembered. */
const desk = actor(bookingMessages, {
  init: (params: Plain) => ({ isHeld: false, isCancelled: false, heard: 0, remembers: params === 'remembers' }),
  on: {
    go(context) {
      context.send('desk/booking', { type: context.node === 'guest' ? 'reserve' : 'cancel' });
    },
    reserve(context, state) {
      state.isHeld = !(state.remembers && state.isCancelled);
      context.observe({ type: 'booked', isHeld: state.isHeld, isCancelled: state.isCancelled });
    },
    cancel(context, state) {
      state.isHeld = false;
      state.isCancelled = true;
      context.observe({ type: 'booked', isHeld: false, isCancelled: true });
    },
    hello(context, _state, { to }) {
      for (const node of to) context.send(`${node}/booking`, { type: 'greeting' });
    },
    greeting(context, state) {
      state.heard++;
      context.observe({ type: 'greeted', heard: state.heard, by: context.sender });
    },
  },
});

const BOOKING = Object.freeze(['desk', 'guest', 'clerk']);

function booking(name: string, remembers: boolean, workload: ReturnType<Scenario['setup']>['workload']): Scenario {
  const params = remembers ? 'remembers' : 'forgets';
  return scenario({
    name,
    programs: { desk: () => [{ name: 'booking', definition: desk, params }] },
    setup: () => ({
      nodes: BOOKING.map((id) => ({ id, program: 'desk', params: null, role: 'server' as const })),
      workload,
    }),
    faultMs: 100,
    healMs: 100,
    faults: 'none',
    properties: {
      always: {
        'nothing is held that was cancelled': () => ({
          observe: ({ observation }) =>
            observation['isHeld'] === true && observation['isCancelled'] === true ? 'it is held' : undefined,
        }),
      },
      eventually: {
        'both requests were heard': () => {
          let heard = 0;
          return {
            observe: ({ observation }) => void (heard += observation.type === 'booked' ? 1 : 0),
            end: () => (heard === 2 || workload.length !== 2 ? undefined : `${heard} of 2 requests were heard`),
          };
        },
      },
      sometimes: {},
    },
  });
}

const TWO_REQUESTS = Object.freeze(
  ['guest', 'clerk'].map((node) => ({ atMs: 50, to: `${node}/booking`, message: { type: 'go' } })),
);

/** Three nodes and two messages, right. */
export const bookingScenario: Scenario = booking('booking', true, TWO_REQUESTS);

/** The same with a desk that forgets a cancellation for which it has no reservation yet. */
export const forgetfulBookingScenario: Scenario = booking('forgetful-booking', false, TWO_REQUESTS);

/** Each of three nodes greets both others: six messages, two for each receiver. */
export const greetingScenario: Scenario = booking(
  'greeting',
  true,
  BOOKING.map((node) => ({
    atMs: 50,
    to: `${node}/booking`,
    message: { type: 'hello', to: BOOKING.filter((other) => other !== node) },
  })),
);
