import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actor } from '../actor.js';
import type { ObservedRecord } from '../observation.js';
import { messages, t } from '../schema.js';
import { inCausalOrder } from './journal/causal-order.js';
import { readJournal } from './journal/journal-files.js';
import { startNode, type NodeEvent, type NodeOptions, type RunningNode } from './start-node.js';

let directory: string;
const running: RunningNode[] = [];

beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'orrery-node-'))));
afterEach(async () => {
  for (const node of running.splice(0)) await node.stop();
  rmSync(directory, { recursive: true, force: true });
});

const counting = messages('counting', {
  add: { by: t.int, tell: t.string },
  told: { total: t.int },
  work: {},
});

/** Counts durably, observes each step, and tells another node of it. */
const counter = actor(counting, {
  init: () => ({ total: 0 }),
  on: {
    add(context, state, { by, tell }) {
      state.total += by;
      context.save(state);
      context.observe({ type: 'added', total: state.total });
      if (tell !== '') context.send(tell, { type: 'told', total: state.total });
      context.reply({ type: 'told', total: state.total });
    },
    told: (context, _state, { total }) => context.observe({ type: 'heard', total }),
    work: (context) => void context.startWork('odd', null),
  },
  signals: {
    workDone: (context, _state, _work, result) => context.observe({ type: 'worked', ok: result.ok }),
  },
});

async function start(node: string, options: Partial<NodeOptions> = {}): Promise<RunningNode> {
  const started = await startNode({
    node,
    cluster: 'test',
    actors: [{ name: 'counter', definition: counter, params: null }],
    listen: { host: '127.0.0.1', port: 0 },
    peers: {},
    dataDirectory: join(directory, node),
    limits: { minBackoffMs: 5, maxBackoffMs: 20 },
    ...options,
  });
  running.push(started);
  return started;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never happened: ${what}`);
}

async function ask(node: RunningNode, by: number, tell = ''): Promise<number> {
  return new Promise((resolve) => {
    const client = node.connect((_, message) => {
      client.close();
      resolve((message as unknown as { total: number }).total);
    });
    client.ask('counter', { type: 'add', by, tell });
  });
}

function observed(node: string, type: string): readonly ObservedRecord[] {
  return readJournal(join(directory, node)).records.filter(({ observation }) => observation.type === type);
}

describe('a node', () => {
  it('answers clients in its process, and comes back with what it had stored', async () => {
    const first = await start('n1');
    expect(await ask(first, 3)).toBe(3);
    expect(await ask(first, 4)).toBe(7);
    expect(first.stateOf('counter')).toEqual({ total: 7 });
    await first.stop();
    const second = await start('n1');
    expect(second.incarnation).toBe(2);
    expect(await ask(second, 1)).toBe(8);
  });

  it('refuses to send what is not plain data, and says where: nothing of it reaches the peer', async () => {
    const sloppy = actor(counting, {
      init: () => ({}),
      on: {
        add: (context) => context.send('n2/counter', { type: 'told', total: new Date(0) as unknown as number }),
      },
    });
    const events: NodeEvent[] = [];
    const node = await start('n1', {
      actors: [{ name: 'counter', definition: sloppy, params: null }],
      event: (event) => events.push(event),
    });
    const client = node.connect(() => {});
    client.ask('counter', { type: 'add', by: 1, tell: '' });
    await until('the turn fails', () => events.some(({ type }) => type === 'actor-failed'));
    const failed = events.find((event) => event.type === 'actor-failed');
    expect(String(failed?.error)).toContain(
      'n1/counter sends told to n2/counter, which is not plain data: message.total: an instance of Date is not plain data',
    );
    expect(events.some(({ type }) => type === 'message-dropped')).toBe(false);
  });

  it('numbers a question before its answer can come', async () => {
    const node = await start('n1');
    const answered: number[] = [];
    const client = node.connect((questionId) => answered.push(questionId));
    const asked = [1, 2, 3].map((by) => client.ask('counter', { type: 'add', by, tell: '' }));
    expect(answered).toEqual([]);
    await until('all are answered', () => answered.length === 3);
    expect(answered).toEqual(asked);
  });

  it('has in its journal what it observed, before anybody can hear of what rests on it', async () => {
    const early: number[] = [];
    const n2 = await start('n2', {
      peers: { n1: { host: '127.0.0.1', port: 9 } },
      observed({ observation }) {
        if (observation.type !== 'heard') return;
        const isKnown = observed('n1', 'added').some((record) => record.observation['total'] === observation['total']);
        if (!isKnown) early.push(Number(observation['total']));
      },
    });
    const n1 = await start('n1', { peers: { n2: { host: '127.0.0.1', port: n2.port } } });
    const client = n1.connect(() => undefined);
    for (let i = 0; i < 200; i++) client.ask('counter', { type: 'add', by: 1, tell: 'n2/counter' });
    await until('n2 hears of all', () => observed('n2', 'heard').length === 200);
    expect(early).toEqual([]);
    const order = inCausalOrder([readJournal(join(directory, 'n2')), readJournal(join(directory, 'n1'))]);
    const position = (type: string, total: number): number =>
      order.findIndex(({ observation }) => observation.type === type && observation['total'] === total);
    for (let total = 1; total <= 200; total++) expect(position('added', total)).toBeLessThan(position('heard', total));
  });

  it('counts steps and Lamport clock on over its lives', async () => {
    for (let life = 1; life <= 3; life++) {
      const node = await start('n1');
      await ask(node, 1);
      await node.stop();
    }
    const { records, headers } = readJournal(join(directory, 'n1'));
    expect(headers.map(({ incarnation }) => incarnation)).toEqual([1, 2, 3]);
    for (const [i, record] of records.entries()) {
      const before = records[i - 1];
      if (before === undefined) continue;
      expect(record.lamport).toBeGreaterThan(before.lamport);
      expect(record.step).toBeGreaterThanOrEqual(before.step);
    }
  });

  it('says that work failed which nobody does here', async () => {
    const node = await start('n1');
    node.connect(() => undefined).ask('counter', { type: 'work' });
    await until('the work ends', () => observed('n1', 'worked').length === 1);
    expect(observed('n1', 'worked')[0]?.observation['ok']).toBe(false);
  });

  it('lets go of everything when it stops', async () => {
    const node = await start('n1');
    await ask(node, 1);
    await node.stop();
    await node.stop();
    expect(readdirSync(join(directory, 'n1')).sort()).toEqual(['log', 'observations.jsonl', 'owner.json']);
  });
});

describe('a node that cannot start', () => {
  it('names the process that uses its directory', async () => {
    await start('n1');
    await expect(start('n1')).rejects.toThrow(`in use by process ${process.pid}`);
  });

  it('names the address that is taken, and lets its directory go', async () => {
    const { port } = await start('n1');
    const listen = { host: '127.0.0.1', port };
    await expect(start('n2', { listen })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
    await start('n2');
  });

  it('refuses the directory of another node or cluster, and changes nothing in it', async () => {
    await (await start('n1')).stop();
    const dataDirectory = join(directory, 'n1');
    const before = readFileSync(join(dataDirectory, 'observations.jsonl'));
    await expect(start('n2', { dataDirectory })).rejects.toThrow(
      /belongs to node n1 of cluster test \(.*owner\.json\), and this is node n2 of cluster test; give/,
    );
    await expect(start('n1', { cluster: 'other' })).rejects.toThrow('and this is node n1 of cluster other');
    expect(readFileSync(join(dataDirectory, 'observations.jsonl'))).toEqual(before);
    expect((await start('n1')).incarnation).toBe(2);
  });

  it('knows the owner of a directory from before owners were recorded by its journal', async () => {
    await (await start('n1')).stop();
    const dataDirectory = join(directory, 'n1');
    rmSync(join(dataDirectory, 'owner.json'));
    await expect(start('n2', { dataDirectory })).rejects.toThrow(/belongs to node n1, which wrote observations\.jsonl/);
    await (await start('n1')).stop();
    await expect(start('n2', { dataDirectory })).rejects.toThrow('owner.json');
  });

  it('says how to mend a record of the owner that cannot be read', async () => {
    await (await start('n1')).stop();
    const file = join(directory, 'n1', 'owner.json');
    writeFileSync(file, '{"format":1,"clu');
    await expect(start('n1')).rejects.toThrow(/owner\.json is damaged.*write \{"format":1,/);
  });

  it('does not begin anew where it has lost its log, or found one from earlier', async () => {
    await (await start('n1')).stop();
    const log = join(directory, 'n1', 'log');
    cpSync(log, join(directory, 'earlier'), { recursive: true });
    await (await start('n1')).stop();
    rmSync(log, { recursive: true });
    await expect(start('n1')).rejects.toThrow(
      /n1: the write-ahead log \(log\/wal-\*\.log\) is missing or empty, while observations\.jsonl tells of incarnation 2: .*Put back/,
    );
    rmSync(log, { recursive: true });
    cpSync(join(directory, 'earlier'), log, { recursive: true });
    await expect(start('n1')).rejects.toThrow(
      'ends with incarnation 1, while observations.jsonl tells of incarnation 2',
    );
    rmSync(log, { recursive: true });
    writeFileSync(join(directory, 'n1', 'observations.jsonl'), '{"kind":"hea');
    await expect(start('n1')).rejects.toThrow('tells of incarnation 1: the node has lost');
  });

  it('names the place of damage in its journal', async () => {
    await (await start('n1')).stop();
    const file = join(directory, 'n1', 'observations.jsonl');
    const bytes = readFileSync(file);
    bytes[20]! ^= 1;
    writeFileSync(file, bytes);
    await expect(start('n1')).rejects.toThrow(`${file}:1: `);
  });

  it('names a bad id', async () => {
    await expect(start('n/1')).rejects.toThrow('"n/1" is not a node id');
    await expect(start('x'.repeat(60))).rejects.toThrow('is not a node id');
  });

  it('is not served without protection beyond this machine', async () => {
    await expect(start('n1', { listen: { host: '0.0.0.0', port: 0 } })).rejects.toThrow('not a loopback address');
  });

  it('names the place of damage in its log', async () => {
    const node = await start('n1');
    for (let i = 0; i < 50; i++) await ask(node, 1);
    await node.stop();
    const log = join(directory, 'n1', 'log');
    for (const name of readdirSync(log)) {
      const bytes = readFileSync(join(log, name));
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
      writeFileSync(join(log, name), bytes);
    }
    const events: NodeEvent[] = [];
    await expect(start('n1', { event: (event) => events.push(event) })).rejects.toThrow(/damaged|checksum/);
  });
});
