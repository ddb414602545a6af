import { actor, type Durable } from '../../../runtime/actor.js';
import type { Message, Plain } from '../../../runtime/data.js';
import { HandDrivenNode } from '../../../runtime/hand-driven-node.fixture.js';
import { messages, t } from '../../../runtime/schema.js';
import { gossipCoordinator } from '../coordinator.js';
import { presentEra, type Era } from '../registers/freshness.js';
import type { Register } from '../registers/register.js';
import type { CoordinatorState } from './state.js';

/** Whoever the test speaks for has been in one era all the time, and has heard of the present one of n1 unless the test says otherwise. */
export const ERA_OF_OTHERS: Era = { life: 2, number: 5 };
const TELL_ERA: readonly string[] = ['registers', 'sync-request', 'sync-digest', 'sync-fetch', 'sync-registers'];

export type Answer = Message & Record<string, unknown>;

/** Sends what the test says and keeps what comes back. */
const client = actor(
  { ...messages('client', { say: { message: t.plain }, end: {} }), check: () => undefined },
  {
    init: () => ({ heard: [] as Answer[] }),
    on: {
      say: (context, _, { message }) => {
        context.send(`${context.node}/coordinator`, message as unknown as Message);
      },
      end: (context) => context.stop(context.self),
      // Whatever a coordinator may answer.
      ...Object.fromEntries(
        [
          'txn-done',
          'read-done',
          'failed',
          'watch-started',
          'watch-events',
          'watch-ended',
          'members',
          'elected',
          'deposed',
          'resigned',
        ]
          .concat([
            'lease-granted',
            'lease-kept',
            'lease-revoked',
            'register-found',
            'register-done',
            'register-conflict',
            'register-failed',
            'siblings-found',
            'siblings-done',
          ])
          .map((type) => [
            type,
            (_: unknown, state: { heard: Answer[] }, message: Answer) => void state.heard.push(message),
          ]),
      ),
    },
  },
);

/** The coordinator of n1 with one client; the test speaks for n2 and n3. */
export class CoordinatorFixture {
  readonly node: HandDrivenNode;
  constructor(found?: ReadonlyMap<string, Durable>, lives = 0, options: Plain = null) {
    // Without the membership actor: the test says what it would see.
    const actors = gossipCoordinator
      .memberActors('n1', { members: ['n1', 'n2', 'n3'], stores: [] }, options)
      .filter(({ name }) => name === 'coordinator');
    const spec = { name: 'client', definition: client, params: null };
    this.node = new HandDrivenNode([...actors, spec], found === undefined ? {} : { found, lives });
    this.sync();
  }
  get state(): CoordinatorState {
    return this.node.node.stateOf('coordinator') as CoordinatorState;
  }
  /** The era that n1 is in. */
  get era(): Era {
    return presentEra({ nowMs: () => this.node.nowUs / 1000 }, this.state);
  }
  get heard(): Answer[] {
    return (this.node.node.stateOf('client') as { heard: Answer[] }).heard;
  }
  sync(): void {
    for (let i = 0; i < 5; i++) this.node.storage.sync();
  }
  /** Asks as the client and answers with what came back last. */
  ask(message: Plain): Answer | undefined {
    this.node.tell('n1/client', { type: 'say', message } as Message);
    this.sync();
    return this.heard.at(-1);
  }
  hear(from: string, message: Message & Record<string, unknown>): void {
    const eras = TELL_ERA.includes(message.type) ? { era: ERA_OF_OTHERS } : {};
    const heard = ['registers', 'sync-registers'].includes(message.type) ? { heardEra: this.era } : {};
    this.node.tell('n1/coordinator', { ...eras, ...heard, ...message }, { from: `${from}/coordinator` });
    this.sync();
  }
  merge(from: string, entry: Partial<Register> & { key: string; counter: number }): void {
    const value = `by-${from}`;
    const over = { overCounter: 0, overWriter: '' };
    const register = { writer: from, value, deleted: false, leaseId: '', changes: 1, ...over, ...entry };
    this.hear(from, { type: 'registers', entries: [{ register, deletedForMs: 0 }] });
  }
  /** What the membership actor would say. */
  see(statuses: Record<string, 'alive' | 'suspect' | 'dead'>): void {
    const members = Object.entries({ n1: 'alive', ...statuses }).map(([node, status]) => ({
      node,
      status,
      incarnation: 1,
    }));
    this.node.tell('n1/coordinator', { type: 'view', members } as Message, { from: 'n1/membership' });
    this.sync();
  }
  passMs(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.node.advance(50_000);
      this.sync();
    }
  }
  value(key: string): Plain | undefined {
    const held = this.state.replica.held.get(key);
    return held === undefined || held.register.deleted ? undefined : held.register.value;
  }
  sent(type: string): { to: string; message: Answer }[] {
    return this.node.sent
      .filter(({ message }) => message.type === type)
      .map(({ to, message }) => ({ to, message: message as Answer }));
  }
}

export const put = (key: string, value: Plain, leaseId = ''): Plain => ({ kind: 'put', key, value, leaseId });
export const txn = (requestId: string, then: Plain[], compare: Plain[] = []): Plain => ({
  type: 'txn',
  requestId,
  compare,
  then,
  else: [],
});
