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
    [
      'a missing field',
      SOUND.replace('cluster: test\n', ''),
      'n1.yaml:1:1: cluster: is missing; give the name that all',
    ],
    ['an unknown field', `${SOUND}colour: red\n`, 'n1.yaml:13:9: colour: unknown field "colour"; use one of node, '],
    [
      'an unknown field inside',
      SOUND.replace('enabled:', 'enable:'),
      'n1.yaml:11:13: executors.shell.enable: unknown field "enable"; did you mean "enabled"?',
    ],
    [
      'an unknown coordinator',
      SOUND.replace('raft', 'paxos'),
      'n1.yaml:3:14: coordinator: "paxos" is not one of raft, lease, gossip',
    ],
    ['a bad address', SOUND.replace('127.0.0.1:7102', 'localhost'), 'n1.yaml:7:7: peers.n2: expected HOST:PORT'],
    ['itself among the peers', SOUND.replace('n2:', 'n1:'), 'n1.yaml:7:7: peers.n1: n1 is this node itself; remove it'],
    [
      'an open address without protection',
      SOUND.replace('listen: 127.0.0.1', 'listen: 0.0.0.0'),
      'n1.yaml:4:9: listen: 0.0.0.0 is not a loopback address and there is no TLS; give',
    ],
    [
      'a peer far away without protection',
      SOUND.replace('127.0.0.1:7102', '10.0.0.2:7102'),
      'n1.yaml:7:7: peers.n2: 10.0.0.2 is not a loopback address',
    ],
    [
      'a data directory within a file',
      SOUND.replace(/dataDirectory: .*/, 'dataDirectory: n1.yaml/data'),
      `/n1.yaml/data cannot be made, since `,
    ],
    [
      'a data directory that is a file',
      SOUND.replace(/dataDirectory: .*/, 'dataDirectory: n1.yaml'),
      'is no directory; name a folder',
    ],
    ['a port too high', SOUND.replace('7101', '71010'), 'n1.yaml:4:9: listen: expected HOST:PORT'],
    [
      'a bad node id',
      SOUND.replace('node: n1', 'node: n/1'),
      'n1.yaml:1:7: node: "n/1" cannot name a node; use up to 64',
    ],
    ['a stranger among the members', `${SOUND}members:\n  - n1\n  - n7\n`, 'n1.yaml:15:5: members[1]: n7 is neither'],
    ['a store without a lease', `${SOUND}stores: [n2]\n`, 'n1.yaml:13:9: stores: the raft coordinator has no stores'],
    ['a lease without a store', SOUND.replace('raft', 'lease'), 'stores: the lease coordinator needs a node'],
    ['broken YAML', 'node: [n1\ncluster: x\n', 'n1.yaml:2:1: '],
    ['a key twice', `${SOUND}node: n2\n`, 'n1.yaml:13:1: Map keys must be unique'],
    [
      'a coordinator with a slip',
      SOUND.replace('raft', 'rafd'),
      '"rafd" is not one of raft, lease, gossip; did you mean "raft"?',
    ],
    [
      'a number for a name',
      SOUND.replace('test', '7'),
      'cluster: expected a text: the name that all nodes of the cluster share, such as shop, found 7; put it in quotes',
    ],
    ['a text for a number', `${SOUND}slots: many\n`, 'slots: expected a whole number, found "many"'],
    ['a number out of range', `${SOUND}slots: 0\n`, 'slots: 0 is out of range; give at least 1'],
    [
      'no address',
      `${SOUND}sink: here\n`,
      'sink: "here" cannot be used here; give an address such as http://127.0.0.1:8080',
    ],
    ['an empty name', SOUND.replace('cluster: test', 'cluster: ""'), 'cluster: is empty; give the name that all'],
    ['an empty list', `${SOUND}members: []\n`, 'members: has 0 items; give at least 1'],
    ['a list for fields', `${SOUND}tls: [a]\n`, 'tls: expected a map of fields, found a list'],
    [
      'half of the certificates',
      `${SOUND}tls: { ca: a, cert: b }\n`,
      'tls.key: is missing; give the path of a PEM file with its key',
    ],
    [
      'a variable that is none',
      SOUND.replace('COLOUR', '1A'),
      'executors.shell.environment.1A: "1A" cannot name a variable; use letters',
    ],
    ['a peer that cannot be one', SOUND.replace('n2:', 'n/2:'), 'peers.n/2: "n/2" cannot name a node; use up to 64'],
    [
      'an empty file',
      '',
      'n1.yaml:1:1: expected a map of fields: at least node, cluster, listen, coordinator, dataDirectory, found nothing',
    ],
  ])('is refused with its place for %s', (_, text, expected) => {
    expect(faultsOf(text)).toContain(expected);
  });

  it('may be JSON, and is then read as that', () => {
    const file = join(directory, 'n1.json');
    const sound = { node: 'n1', cluster: 'c', coordinator: 'raft', listen: '127.0.0.1:1', dataDirectory: 'd' };
    writeFileSync(file, JSON.stringify(sound));
    expect(readConfig(file)).toMatchObject({ node: 'n1', listen: { port: 1 } });
    writeFileSync(file, '{"node": "n1",}');
    expect(() => readConfig(file)).toThrow('n1.json:1:14: nothing follows this comma before "}"; remove it');
  });

  it('is refused by name where the file is missing', () => {
    expect(() => readConfig(join(directory, 'nowhere.yaml'))).toThrow('nowhere.yaml: there is no such file');
  });
});
