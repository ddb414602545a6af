import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalendar } from '../../../runtime/node/index.js';
import { readDefinitionsFile } from './definitions-file.js';
import { parseYamlText, toSourceNode } from './yaml-text.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'orrery-files-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function faultsOf(text: string | Buffer): string {
  const file = join(directory, 'tasks.yaml');
  writeFileSync(file, text);
  try {
    readDefinitionsFile(file, createCalendar());
  } catch (error) {
    return (error as Error).message.replaceAll(`${directory}/`, '');
  }
  return '';
}

describe('a definitions file', () => {
  it('of the example can be used', () => {
    const tasks = readDefinitionsFile('examples/tasks.yaml', createCalendar());
    expect(new Set(tasks.map(({ executor }) => executor.kind))).toEqual(new Set(['shell', 'function']));
    expect(new Set(tasks.map(({ schedule }) => schedule.kind))).toEqual(new Set(['now', 'delay', 'cron']));
  });

  it('may be JSON', () => {
    expect(faultsOf('{"version":1,"tasks":[{"id":"a","schedule":"now","run":{"shell":"true"}}]}')).toBe('');
  });

  it.each([
    ['broken YAML', 'version: 1\ntasks: [\n', /^tasks\.yaml:3:1: /],
    ['broken JSON', '{"version": 1, "tasks": [}', /^tasks\.yaml:1:\d+: /],
    ['what is nested without end', '['.repeat(20_000), /^tasks\.yaml:1:\d+: is nested too deeply; make it flatter$/],
    ['bytes that are no text', Buffer.from([0x74, 0xff, 0xfe]), /^tasks\.yaml: this is no text in UTF-8/],
    ['an alias', 'version: 1\ntasks: &t []\nmore: *t\n', /^tasks\.yaml:3:7: more: an alias cannot be used/],
    ['a key that is no string', 'version: 1\n7: x\n', /^tasks\.yaml:2:1: a key must be a string/],
    ['a key twice', 'version: 1\nversion: 1\n', /^tasks\.yaml:2:1: .*unique; remove one/],
    [
      'bad indentation',
      'tasks:\n  - id: a\n     run: x\n',
      /^tasks\.yaml:2:9: .*; fields of one thing begin in one column/,
    ],
    ['a tab', 'tasks:\n\t- id: a\n', /^tasks\.yaml:2:1: .*; use spaces/],
    [
      'every fault at once',
      'version: 2\ntasks:\n  - id: "a b"\n    schedule: soon\n',
      /:1:10: version.*\n.*tasks\[0\]/s,
    ],
    [
      'an impossible zone',
      'version: 1\ntasks:\n  - id: a\n    schedule: { cron: "* * * * *", timeZone: Mars }\n    run: { shell: x }\n',
      /^tasks\.yaml:4:\d+: tasks\[0\]\.schedule\.timeZone: unknown time zone "Mars"/,
    ],
  ])('is refused for %s', (_, text, message) => {
    expect(faultsOf(text)).toMatch(message);
  });

  it('is refused where it is too large or missing', () => {
    expect(faultsOf(`# ${'x'.repeat(5 * 1024 * 1024)}\n`)).toMatch(/at most \d+ are read/);
    expect(() => readDefinitionsFile(join(directory, 'no.yaml'), createCalendar())).toThrow(
      'no.yaml: there is no such file',
    );
  });
});

describe('a parsed text', () => {
  it('knows where everything stands', () => {
    const node = toSourceNode(parseYamlText('f', 'a: 1\nb:\n  - x\n  - {c: }\n'));
    expect(node).toMatchObject({
      kind: 'map',
      entries: [
        { key: 'a', keyAt: { line: 1, column: 1 }, value: { kind: 'scalar', value: 1, at: { line: 1, column: 4 } } },
        {
          key: 'b',
          value: {
            kind: 'list',
            items: [
              { value: 'x', at: { line: 3, column: 5 } },
              { entries: [{ key: 'c', value: { kind: 'scalar', value: null } }], at: { line: 4, column: 5 } },
            ],
          },
        },
      ],
    });
  });
});
