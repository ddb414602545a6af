import { describe, expect, it } from 'vitest';
import { actor, type ActorSpec, type AnyActorDefinition } from './actor.js';
import { HandDrivenNode } from './hand-driven-node.fixture.js';
import { messages, t } from './schema.js';
import { RecordTooLarge } from './storage/storage.js';

const Probe = messages('probe', {
  go: { n: t.int },
  ack: { n: t.int },
  fail: {},
  tick: {},
});

function root(definition: AnyActorDefinition, supervision?: ActorSpec['supervision']): ActorSpec[] {
  return [{ name: 'a', definition, params: null, ...(supervision === undefined ? {} : { supervision }) }];
}

describe('output commit', () => {
  const writer = actor(Probe, {
    init: () => ({ count: 0 }),
    on: {
      go(context, state, { n }) {
        state.count += n;
        context.save(state);
        context.observe({ type: 'counted', count: state.count });
        context.reply({ type: 'ack', n: state.count });
      },
      tick: (context) => context.send('n2/peer', { type: 'tick' }, { beforeDurable: true }),
    },
  });

  it('holds replies and observations until the record they rest on is durable, and keeps their order', () => {
    const bench = new HandDrivenNode(root(writer));
    bench.tell('n1/a', { type: 'go', n: 2 } as never);
    bench.tell('n1/a', { type: 'go', n: 3 } as never);
    expect(bench.sent).toEqual([]);
    expect(bench.types()).toEqual([]);
    bench.storage.sync();
    expect(bench.sent.map((e) => e.message)).toEqual([
      { type: 'ack', n: 2 },
      { type: 'ack', n: 5 },
    ]);
    expect(bench.types()).toEqual(['counted', 'counted']);
  });

  it('holds what another actor of the node sends because of an unsynced write', () => {
    const relay = actor(Probe, {
      init: () => ({}),
      on: { go: (context, _state, { n }) => context.send('n2/peer', { type: 'ack', n }) },
    });
    const source = actor(Probe, {
      init: () => ({ n: 0 }),
      on: {
        go(context, state, { n }) {
          context.save(state);
          context.send('n1/relay', { type: 'go', n });
        },
      },
    });
    const bench = new HandDrivenNode([...root(source), { name: 'relay', definition: relay, params: null }]);
    bench.tell('n1/a', { type: 'go', n: 7 } as never);
    expect(bench.sent).toEqual([]);
    bench.storage.sync();
    expect(bench.sent.map((e) => e.message)).toEqual([{ type: 'ack', n: 7 }]);
  });

  it('lets only what says so out before that', () => {
    const bench = new HandDrivenNode(root(writer));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'tick' });
    expect(bench.sent.map((e) => e.message.type)).toEqual(['tick']);
  });
});

describe('a turn', () => {
  it('that throws has no effects, and the actor restarts with what it had saved', () => {
    const fragile = actor(Probe, {
      init: () => ({ count: 0 }),
      on: {
        go(context, state, { n }) {
          state.count += n;
          context.save(state);
          context.observe({ type: 'count', count: state.count });
        },
        fail(context, state) {
          state.count = 999;
          context.observe({ type: 'never' });
          context.send('n2/peer', { type: 'tick' });
          throw new Error('on purpose');
        },
      },
    });
    const bench = new HandDrivenNode(root(fragile));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'fail' });
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.storage.sync();
    expect(bench.types()).toEqual(['count', 'actor-failed', 'actor-restarted', 'count']);
    expect(bench.node.stateOf('a')).toEqual({ count: 2 });
    expect(bench.sent).toEqual([]);
  });

  it('that writes more than the storage takes has no effects, and the actor goes on', () => {
    const greedy = actor(Probe, {
      init: () => ({ count: 0 }),
      on: {
        go(context, state, { n }) {
          state.count += n;
          context.storage.append('x'.repeat(n));
          context.save(state);
          context.send('n2/peer', { type: 'ack', n });
        },
      },
    });
    const bench = new HandDrivenNode(root(greedy));
    const { storage } = bench;
    const append = storage.append.bind(storage);
    storage.append = (writes) => {
      const isLarge = writes.some((write) => write.kind === 'append' && String(write.entry).length > 9);
      if (isLarge) throw new RecordTooLarge('a', 'the record of a turn', 10, 'maxRecordBytes', 9);
      return append(writes);
    };
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'go', n: 10 } as never);
    bench.tell('n1/a', { type: 'go', n: 2 } as never);
    bench.storage.sync();
    expect(bench.types()).toEqual(['actor-failed', 'actor-restarted']);
    expect(bench.sent.map((e) => e.message)).toEqual([
      { type: 'ack', n: 1 },
      { type: 'ack', n: 2 },
    ]);
    expect(bench.node.stateOf('a')).toEqual({ count: 3 });
  });

  it('does not share a message with its receiver', () => {
    const seen: number[][] = [];
    const Lists = messages('lists', { list: { items: t.array(t.int) }, go: {} });
    const receiver = actor(Lists, {
      init: () => ({}),
      on: { list: (_c, _s, { items }) => void seen.push(items as number[]) },
    });
    const sender = actor(Lists, {
      init: () => ({ items: [1] }),
      on: {
        go(context, state) {
          context.send('n1/b', { type: 'list', items: state.items });
          state.items.push(2);
        },
      },
    });
    const bench = new HandDrivenNode([...root(sender), { name: 'b', definition: receiver, params: null }]);
    bench.tell('n1/a', { type: 'go' });
    expect(seen).toEqual([[1]]);
  });

  it('refuses its context afterwards', () => {
    let kept: { observe(o: { type: string }): void } | undefined;
    const hoarder = actor(Probe, { init: () => ({}), on: { go: (context) => void (kept = context) } });
    const bench = new HandDrivenNode(root(hoarder));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    expect(() => kept?.observe({ type: 'late' })).toThrow('outside of its turn');
  });
});

describe('supervision', () => {
  const failing = actor(Probe, {
    init: () => ({}),
    on: {
      fail() {
        throw new Error('on purpose');
      },
    },
  });

  it('gives up when restarts come too often, and a root that is given up halts the node', () => {
    const bench = new HandDrivenNode(root(failing, { strategy: 'restart', maxRestarts: 2, withinMs: 1000 }));
    for (let i = 0; i < 3; i++) bench.tell('n1/a', { type: 'fail' });
    expect(bench.halted).toContain('gave-up');
    expect(bench.node.status).toBe('halted');
  });

  it('forgets restarts that are long past', () => {
    const bench = new HandDrivenNode(root(failing, { strategy: 'restart', maxRestarts: 2, withinMs: 1000 }));
    for (let i = 0; i < 5; i++) {
      bench.tell('n1/a', { type: 'fail' });
      bench.advance(600_000);
    }
    expect(bench.node.status).toBe('up');
  });

  it('tells watchers of a child that ended, and one-for-all restarts the siblings', () => {
    const parent = actor(Probe, {
      init: () => ({ ended: [] as string[] }),
      start(context) {
        context.watch(context.spawn('x', failing, null));
        context.spawn('y', failing, null);
      },
      on: {},
      supervises: { strategy: 'one-for-all', maxRestarts: 1, withinMs: 1000 },
      signals: { terminated: (_context, state, ended, reason) => void state.ended.push(`${ended} ${reason}`) },
    });
    const bench = new HandDrivenNode(root(parent));
    bench.tell('n1/a/x', { type: 'fail' });
    expect(bench.types()).toEqual(['actor-failed', 'actor-restarted', 'actor-restarted']);
    bench.tell('n1/a/x', { type: 'fail' });
    expect(bench.node.stateOf('a')).toEqual({ ended: ['n1/a/x gave-up'] });
    expect(bench.node.actorPaths()).toEqual(['a', 'a/y']);
  });
});

describe('timers and questions', () => {
  const timed = actor(Probe, {
    init: () => ({ log: [] as string[] }),
    on: {
      go(context, state, { n }) {
        if (n === 1) context.setTimer('t', 10, { type: 'tick' });
        if (n === 2) context.cancelTimer('t');
        if (n === 3) context.ask('n2/peer', { type: 'tick' }, { timeoutMs: 50, tag: 'why' });
        state.log.push(`go ${n}`);
      },
      tick: (_context, state) => void state.log.push('tick'),
      ack: (context, state, { n }) =>
        void state.log.push(`answer ${n} ${context.answers} ${String(context.answerTag)}`),
    },
    signals: { askTimedOut: (_context, state, { tag }) => void state.log.push(`timed out ${String(tag)}`) },
  });
  const log = (bench: HandDrivenNode): string[] => (bench.node.stateOf('a') as { log: string[] }).log;

  it('a timer that was replaced fires once, a cancelled one never', () => {
    const bench = new HandDrivenNode(root(timed));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.advance(5_000);
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.advance(5_000);
    expect(log(bench)).toEqual(['go 1', 'go 1']);
    bench.advance(5_000);
    expect(log(bench).at(-1)).toBe('tick');
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'go', n: 2 } as never);
    bench.advance(1_000_000);
    expect(log(bench).filter((line) => line === 'tick')).toHaveLength(1);
  });

  it('a timer of less than a microsecond still lets time go on', () => {
    const waiting = actor(Probe, {
      init: () => ({ wakes: 0 }),
      start: (context) => context.setTimer('t', 0.0004, { type: 'tick' }),
      on: { tick: (_context, state) => void state.wakes++ },
    });
    const bench = new HandDrivenNode(root(waiting));
    bench.advance(0);
    expect(bench.node.stateOf('a')).toEqual({ wakes: 0 });
    bench.advance(1);
    expect(bench.node.stateOf('a')).toEqual({ wakes: 1 });
  });

  it('an answer closes its question, a late one is a dead letter', () => {
    const bench = new HandDrivenNode(root(timed));
    bench.tell('n1/a', { type: 'go', n: 3 } as never);
    const asked = bench.sent[0]?.correlation ?? 0;
    expect(asked).toBeGreaterThan(0);
    bench.tell('n1/a', { type: 'ack', n: 9 } as never, { correlation: -asked, toIncarnation: 1 });
    bench.advance(1_000_000);
    expect(log(bench)).toEqual(['go 3', `answer 9 ${asked} why`]);
    bench.tell('n1/a', { type: 'go', n: 3 } as never);
    bench.advance(1_000_000);
    expect(log(bench).at(-1)).toBe('timed out why');
    bench.tell('n1/a', { type: 'ack', n: 9 } as never, { correlation: -(bench.sent[1]?.correlation ?? 0) });
    expect(bench.node.deadLetterCounts.get('late-answer')).toBe(1);
  });

  it('a message for another incarnation is not delivered', () => {
    const bench = new HandDrivenNode(root(timed), { lives: 4 });
    expect(bench.node.incarnation).toBe(5);
    bench.tell('n1/a', { type: 'go', n: 9 } as never, { toIncarnation: 4 });
    expect(bench.node.deadLetterCounts.get('other-incarnation')).toBe(1);
  });
});

describe('mailboxes', () => {
  it('drop what exceeds the capacity by the policy named', () => {
    const flooding = (overflow: 'drop-newest' | 'drop-oldest'): unknown => {
      const slow = actor(Probe, {
        init: () => ({ got: [] as number[] }),
        mailbox: { capacity: 2, overflow },
        on: { go: (_context, state, { n }) => void state.got.push(n) },
      });
      const flooder = actor(Probe, {
        init: () => ({}),
        on: {
          tick(context) {
            for (let n = 1; n <= 4; n++) context.send('n1/b', { type: 'go', n });
          },
        },
      });
      const bench = new HandDrivenNode([...root(flooder), { name: 'b', definition: slow, params: null }]);
      bench.tell('n1/a', { type: 'tick' });
      expect(bench.node.deadLetterCounts.get('mailbox-full')).toBe(2);
      return bench.node.stateOf('b');
    };
    expect(flooding('drop-newest')).toEqual({ got: [1, 2] });
    expect(flooding('drop-oldest')).toEqual({ got: [3, 4] });
  });

  it('keep stashed messages in order, before what waits', () => {
    const stashing = actor(Probe, {
      init: () => ({ isOpen: false, got: [] as number[] }),
      on: {
        go(context, state, { n }) {
          if (state.isOpen) state.got.push(n);
          else context.stash();
        },
        tick(context, state) {
          state.isOpen = true;
          context.unstashAll();
          context.send('n1/a', { type: 'go', n: 4 });
        },
      },
    });
    const bench = new HandDrivenNode(root(stashing));
    for (const n of [1, 2, 3]) bench.tell('n1/a', { type: 'go', n } as never);
    bench.tell('n1/a', { type: 'tick' });
    expect(bench.node.stateOf('a')).toEqual({ isOpen: true, got: [1, 2, 3, 4] });
  });

  it('keep the message of a timer that was stashed', () => {
    const late = actor(Probe, {
      init: () => ({ isOpen: false, ticks: 0 }),
      on: {
        go(context, state, { n }) {
          if (n === 1) context.setTimer('t', 1, { type: 'tick' });
          else {
            state.isOpen = true;
            context.unstashAll();
          }
        },
        tick(context, state) {
          if (state.isOpen) state.ticks++;
          else context.stash();
        },
      },
    });
    const bench = new HandDrivenNode(root(late));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.advance(2_000);
    bench.tell('n1/a', { type: 'go', n: 2 } as never);
    expect(bench.node.stateOf('a')).toEqual({ isOpen: true, ticks: 1 });
  });

  it('endless loops halt the node instead of hanging it', () => {
    const looping = actor(Probe, {
      init: () => ({}),
      on: { tick: (context) => context.send(context.self, { type: 'tick' }) },
    });
    const bench = new HandDrivenNode(root(looping), { maxTurnsPerEvent: 1000 });
    bench.tell('n1/a', { type: 'tick' });
    expect(bench.halted).toContain('endless loop');
  });

  it('refuse malformed messages from the wire', () => {
    const bench = new HandDrivenNode(
      root(actor(Probe, { init: () => ({ n: 0 }), on: { go: (_c, s, { n }) => void (s.n = n) } })),
      { checkIncoming: true },
    );
    bench.tell('n1/a', { type: 'go', n: 'x' } as never);
    bench.tell('n1/a', { type: 'go' });
    bench.tell('n1/a', { type: 'constructor' });
    expect(bench.node.deadLetterCounts.get('malformed')).toBe(3);
  });
});

describe('work', () => {
  it('starts only when what it rests on is durable, and is not told after a cancel', () => {
    const working = actor(Probe, {
      init: () => ({ done: [] as string[], workId: 0 }),
      on: {
        go(context, state) {
          context.save({});
          state.workId = context.startWork('shell', null, 'tag');
        },
        fail: (context, state) => context.cancelWork(state.workId),
      },
      signals: { workDone: (_context, state, { tag }, result) => void state.done.push(`${String(tag)} ${result.ok}`) },
    });
    const bench = new HandDrivenNode(root(working));
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    expect(bench.works).toEqual([]);
    bench.storage.sync();
    expect(bench.works).toEqual([{ workId: 1, kind: 'shell' }]);
    bench.node.workDone(1, { ok: true, value: null });
    expect((bench.node.stateOf('a') as { done: string[] }).done).toEqual(['tag true']);
    bench.tell('n1/a', { type: 'go', n: 1 } as never);
    bench.tell('n1/a', { type: 'fail' });
    bench.storage.sync();
    expect(bench.works).toHaveLength(1);
  });
});
