import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObservedRecord } from '../../observation.js';
import { inCausalOrder } from './causal-order.js';
import { CURRENT_FILE, readJournal } from './journal-files.js';
import { ObservationJournal } from './journal-writer.js';

let directory: string;
const faults: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orrery-journal-'));
  faults.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(options: { maxFileBytes?: number; maxFiles?: number } = {}): ObservationJournal {
  return new ObservationJournal({
    directory,
    node: 'n1',
    zoneDataVersion: '2026a',
    failed: (reason) => faults.push(reason),
    ...options,
  });
}

function record(lamport: number, fields: Partial<ObservedRecord> = {}): ObservedRecord {
  const observation = {
    type: 'noted',
    bytes: Uint8Array.of(0, 255),
    $odd: { $bytes: 'not bytes' },
    list: [1, null, 'x'],
  };
  return { node: 'n1', incarnation: 1, step: lamport, atUs: lamport * 10, actor: 'a', lamport, observation, ...fields };
}

async function durable(journal: ObservationJournal): Promise<void> {
  await new Promise<void>((resolve) => journal.afterDurable(resolve));
}

describe('the journal of observations', () => {
  it('gives back what was recorded', async () => {
    const journal = open();
    const records = [1, 2, 3].map((lamport) => record(lamport));
    for (const one of records) journal.record(one);
    await durable(journal);
    journal.close();
    const read = readJournal(directory);
    expect(read.records).toEqual(records);
    expect(read.records[0]?.observation['bytes']).toBeInstanceOf(Uint8Array);
    expect(read.headers).toMatchObject([{ node: 'n1', incarnation: 1, zoneDataVersion: '2026a' }]);
  });

  it('lets an output out only when what was recorded before it is in the file and synced, in order', async () => {
    const journal = open();
    const seen: string[] = [];
    journal.afterDurable(() => seen.push('rests on nothing'));
    expect(seen).toEqual(['rests on nothing']);
    journal.record(record(1));
    journal.afterDurable(() => seen.push(`first:${readJournal(directory).records.length}`));
    journal.record(record(2));
    journal.afterDurable(() => seen.push(`second:${readJournal(directory).records.length}`));
    expect(seen).toHaveLength(1);
    await durable(journal);
    expect(seen).toEqual(['rests on nothing', 'first:2', 'second:2']);
    journal.close();
  });

  it('survives a torn last line and goes on after it, above the clocks of the life before', async () => {
    const first = open();
    first.record(record(41));
    first.close();
    const file = join(directory, CURRENT_FILE);
    appendFileSync(file, '{"kind":"observation","node":"n1","inc');
    expect(readJournal(directory)).toMatchObject({ tornBytes: 38, records: [record(41)] });
    const second = open();
    expect(second.tail).toEqual({ tornBytes: 38, lamport: 41, step: 41, incarnation: 1, node: 'n1' });
    second.record(record(42, { incarnation: 2 }));
    second.close();
    const read = readJournal(directory);
    expect(read.records.map((one) => one.lamport)).toEqual([41, 42]);
    expect(read.headers.map((header) => header.incarnation)).toEqual([1, 2]);
    expect(read.tornBytes).toBe(0);
  });

  it('survives every possible tear of its last line', () => {
    const journal = open();
    journal.record(record(1));
    journal.record(record(2));
    journal.close();
    const file = join(directory, CURRENT_FILE);
    const whole = readFileSync(file);
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let length = lastLine; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      const again = open();
      expect(again.tail).toMatchObject({ tornBytes: length - lastLine, lamport: 1, step: 1 });
      again.close();
      expect(readJournal(directory).records).toEqual([record(1)]);
    }
  });

  it('notices every changed bit before the last line, with file and line, when it reads and when it starts', () => {
    const journal = open();
    journal.record(record(1));
    journal.record(record(2));
    journal.record(record(3));
    journal.close();
    const file = join(directory, CURRENT_FILE);
    const whole = readFileSync(file);
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let at = 0; at < lastLine; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1 << (at % 8);
      writeFileSync(file, changed);
      const line = whole.subarray(0, at).toString('latin1').split('\n').length;
      const place = `${file}:${line}: `;
      expect(() => readJournal(directory), `byte ${at}`).toThrow(place);
      expect(() => open(), `byte ${at}`).toThrow(place);
      expect(readFileSync(file).equals(changed)).toBe(true);
    }
  });

  it('says what helps where it is damaged', () => {
    const journal = open();
    journal.record(record(1));
    journal.close();
    const file = join(directory, CURRENT_FILE);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"lamport":1,', '"lamport":7,'));
    expect(() => open()).toThrow(/:2: its checksum does not fit; .*move it out of the directory/);
  });

  it('goes on with a journal from before there were checksums', () => {
    const { observation, ...fields } = record(1, { observation: { type: 'noted' } });
    const header = {
      kind: 'header',
      format: 1,
      node: 'n1',
      incarnation: 1,
      zoneDataVersion: '2026a',
      startedWallMs: 5,
    };
    const lines = [header, { kind: 'observation', ...fields, observation }].map((line) => `${JSON.stringify(line)}\n`);
    const file = join(directory, CURRENT_FILE);
    writeFileSync(file, lines.join(''));
    const journal = open();
    expect(journal.tail).toEqual({ tornBytes: 0, lamport: 1, step: 1, incarnation: 1, node: 'n1' });
    journal.record(record(2, { incarnation: 2 }));
    journal.close();
    const read = readJournal(directory);
    expect(read.records.map(({ lamport }) => lamport)).toEqual([1, 2]);
    expect(read.headers.map(({ format }) => format)).toEqual([1, 2]);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"lamport":1,', '"lamport":"x",'));
    expect(() => readJournal(directory)).toThrow(`${file}:2: $.lamport: expected a safe integer`);
  });

  it('sets full files aside and removes the oldest', async () => {
    const journal = open({ maxFileBytes: 2000, maxFiles: 3 });
    for (let lamport = 1; lamport <= 200; lamport++) journal.record(record(lamport));
    await durable(journal);
    journal.close();
    expect(readdirSync(directory).filter((name) => name !== CURRENT_FILE)).toHaveLength(3);
    const lamports = readJournal(directory).records.map((one) => one.lamport);
    expect(lamports).toEqual(Array.from({ length: lamports.length }, (_, i) => 201 - lamports.length + i));
    expect(lamports.length).toBeGreaterThan(20);
  });
});

describe('causal order', () => {
  const journalOf = (...records: ObservedRecord[]): { headers: []; records: ObservedRecord[]; tornBytes: number } => ({
    headers: [],
    records,
    tornBytes: 0,
  });

  it('puts causes before effects, and keeps the order of each node', () => {
    const n1 = journalOf(record(1), record(5), record(6), record(9, { incarnation: 2, step: 1 }));
    const n2 = journalOf(record(3, { node: 'n2' }), record(5, { node: 'n2' }), record(8, { node: 'n2' }));
    const order = inCausalOrder([n2, n1]).map(({ node, lamport }) => `${node}@${lamport}`);
    expect(order).toEqual(['n1@1', 'n2@3', 'n1@5', 'n2@5', 'n1@6', 'n2@8', 'n1@9']);
  });

  it('keeps a node in order whose clock began anew', () => {
    const n1 = journalOf(record(50), record(2, { incarnation: 2 }), record(60, { incarnation: 2 }));
    const order = inCausalOrder([n1, journalOf(record(40, { node: 'n2' }))]);
    expect(order.map(({ lamport }) => lamport)).toEqual([40, 50, 2, 60]);
  });

  it('refuses journals that contradict themselves', () => {
    expect(() => inCausalOrder([journalOf(record(2), record(2))])).toThrow('does not follow');
    expect(() => inCausalOrder([journalOf(record(2, { incarnation: 2 }), record(3))])).toThrow('two processes');
    expect(() => inCausalOrder([journalOf(record(2), record(3, { node: 'n2' }))])).toThrow('another node');
  });
});
