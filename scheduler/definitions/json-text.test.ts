import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readJson } from './json-text.js';
import { formatFault, type SourceNode } from './source.js';

function plainOf(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainOf);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value)]));
}

function faultOf(text: string): string {
  const read = readJson('t.json', text);
  return read.ok ? '' : formatFault(read.fault);
}

describe('a JSON text', () => {
  it('knows where everything stands', () => {
    const read = readJson('t.json', '{\n  "a": [1,\n    "b"]\n}');
    expect(read).toMatchObject({
      node: {
        at: { line: 1, column: 1 },
        entries: [
          {
            keyAt: { line: 2, column: 3 },
            value: {
              at: { line: 2, column: 8 },
              items: [{ at: { line: 2, column: 9 } }, { at: { line: 3, column: 5 } }],
            },
          },
        ],
      },
    });
  });

  it.each([
    ['', 't.json:1:1: the file is empty; write one JSON value'],
    [' \n ', 't.json:2:2: the file is empty'],
    ['{"tasks": [', 't.json:1:12: tasks[0]: expected a value, found the end of the file'],
    ['{"tasks": [}', 't.json:1:12: tasks[0]: expected a value, found "}"'],
    ['{"tasks": [1 2]}', 't.json:1:14: tasks: expected "," or "]" after an item, found "2"'],
    ['{"tasks": [1,\n]}', 't.json:1:13: tasks: nothing follows this comma before "]"; remove it'],
    ['{\n  "id": "a"\n  "run": 1}', 't.json:3:3: expected "," or "}" after a field, found a text'],
    ['{id: 1}', 't.json:1:2: expected the name of a field in double quotes, found "id"'],
    ['{"id": \'a\'}', `t.json:1:8: id: "'a'" is no JSON value; put a text in double quotes`],
    ['{"id" 1}', 't.json:1:7: id: expected ":" after the name of the field, found "1"'],
    ['{"a": {"b": now}}', 't.json:1:13: a.b: "now" is no JSON value; put a text in double quotes'],
    ['{"a": True}', 't.json:1:7: a: "True" is no JSON value; write true'],
    ['{"a": .5}', 't.json:1:7: a: ".5" is no JSON value; write a number such as 5, -1 or 0.5'],
    [
      '{"a": 5s}',
      't.json:1:7: a: "5s" is no JSON value; write a number such as 5, -1 or 0.5, or put it in double quotes',
    ],
    ['{"a": "b\n"}', 't.json:1:7: a: this text has no closing quote in its line'],
    [String.raw`{"a": "\d"}`, 't.json:1:7: a: this text holds a "\\" or a control character'],
    ['{}\n}', 't.json:2:1: the document has ended before "}"; remove what follows'],
    ['{ // why\n}', 't.json:1:3: expected the name of a field in double quotes, found "//"'],
    ['[// why\n]', 't.json:1:2: [0]: "//" is no JSON value; JSON has no comments'],
  ])('%j is refused with its place', (text, expected) => {
    expect(faultOf(text)).toContain(expected);
  });

  it('is refused where it is deep without end, however deep', () => {
    expect(faultOf('['.repeat(1_000_000))).toContain('is more than 64 levels deep; make it flatter');
  });
});

test('whatever JSON is read, it is what JSON.parse makes of it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t', ' \r'), (text, space) => {
      const expected: unknown = JSON.parse(text);
      const read = readJson('f', JSON.stringify(expected, null, space));
      expect(read.ok && plainOf(read.node)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('a text is refused exactly if JSON.parse refuses it', () => {
  const parts = fc.array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      '\n',
      '\t',
      '\u0001',
      '1',
      '-',
      '0',
      '.',
      'e',
      'true',
      ' ',
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(parts, (words) => {
      const text = words.join('');
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      expect({ text, ok: readJson('f', text).ok }).toEqual({ text, ok: isJson });
    }),
    { numRuns: 5_000 },
  );
});
