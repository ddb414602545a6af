import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { membersOf, readConfig } from './config.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'orrery-config-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const SOUND = `node: n1
cluster: test
coordinator: raft
listen: 127.0.0.1:7101
dataDirectory: data/n1
peers:
  n2: 127.0.0.1:7102
  n3: "[::1]:7103"
executors:
  shell:
    enabled: true
    environment: { COLOUR: blue }
`;

function write(text: string): string {
  const file = join(directory, 'n1.yaml');
  writeFileSync(file, text);
  return file;
}

function faultsOf(text: string): string {
  const file = write(text);
  try {
    readConfig(file);
  } catch (error) {
    return (error as Error).message.replaceAll(`${file}:`, 'n1.yaml:');
  }
  return '';
}

describe('the configuration of a node', () => {
  it('is read, with its defaults and with absolute paths', () => {
    const config = readConfig(write(SOUND));
    expect(config).toMatchObject({
      node: 'n1',
      listen: { host: '127.0.0.1', port: 7101 },
      peers: { n3: { host: '::1', port: 7103 } },
      dataDirectory: join(directory, 'data/n1'),
      executors: { shell: { enabled: true, directory: join(directory, 'data/n1'), killGraceMs: 1000 } },
      allowPlaintext: false,
    });
    expect(membersOf(config)).toEqual(['n1', 'n2', 'n3']);
  });

  it('runs no shell commands unless told to', () => {
    expect(readConfig(write(SOUND.replace(/executors:[^]*/, ''))).executors.shell.enabled).toBe(false);
  });

  it.each([
    ['a missing field', SOUND.replace('cluster: test\n', ''), 'n1.yaml:1:1: cluster: missing'],
    ['an unknown field', `${SOUND}colour: red\n`, 'n1.yaml:13:9: colour: unknown field'],
    ['an unknown field inside', SOUND.replace('enabled:', 'enable:'), 'n1.yaml:11:13: executors.shell.enable: unknown'],
    ['an unknown coordinator', SOUND.replace('raft', 'paxos'), 'n1.yaml:3:14: coordinator: '],
    ['a bad address', SOUND.replace('127.0.0.1:7102', 'localhost'), 'n1.yaml:7:7: peers.n2: expected HOST:PORT'],
    ['a port too high', SOUND.replace('7101', '71010'), 'n1.yaml:4:9: listen: expected HOST:PORT'],
    ['a bad node id', SOUND.replace('node: n1', 'node: n/1'), 'n1.yaml:1:7: node: use up to 64'],
    ['a stranger among the members', `${SOUND}members:\n  - n1\n  - n7\n`, 'n1.yaml:15:5: members[1]: n7 is neither'],
    ['a store without a lease', `${SOUND}stores: [n2]\n`, 'n1.yaml:13:9: stores: the raft coordinator has no stores'],
    ['a lease without a store', SOUND.replace('raft', 'lease'), 'stores: the lease coordinator needs a node'],
    ['broken YAML', 'node: [n1\ncluster: x\n', 'n1.yaml:2:1: '],
    ['a key twice', `${SOUND}node: n2\n`, 'n1.yaml:13:1: Map keys must be unique'],
    ['an empty file', '', 'n1.yaml:1:1: '],
  ])('is refused with its place for %s', (_, text, expected) => {
    expect(faultsOf(text)).toContain(expected);
  });

  it('is refused by name where the file is missing', () => {
    expect(() => readConfig(join(directory, 'nowhere.yaml'))).toThrow('nowhere.yaml: there is no such file');
  });
});
