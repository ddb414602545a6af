import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdnReader, HistoryError, readHistory, recogniseFormat, type Operation, type ReadOptions } from './index.js';

function read(text: string, options: Partial<ReadOptions> = {}): readonly Operation[] {
  return readHistory(text, { file: 'h', ...options }).operations;
}

function faultOf(text: string, options: Partial<ReadOptions> = {}): string {
  try {
    read(text, options);
  } catch (error) {
    expect(error).toBeInstanceOf(HistoryError);
    return (error as Error).message;
  }
  throw new Error(`was read without a complaint:\n${text}`);
}

describe('EDN', () => {
  it.each<[string, unknown]>([
    ['nil', null],
    ['[1 -2 3.5 4N 1e3]', [1, -2, 3.5, 4, 1000]],
    ['12345678901234567890', '12345678901234567890'],
    ['-0', 0],
    ['{:a 1, "b" [true false], [1 2] :c}', { ':a': 1, b: [true, false], '[1,2]': ':c' }],
    ['#{1 2}', [1, 2]],
    ['#inst "1985"', '1985'],
    ['#jepsen.history.Op{:process 1}', { ':process': 1 }],
    ['^{:meta true} (a b)', ['a', 'b']],
    ['"a\\n\\"\\u0041"', 'a\n"A'],
    ['[\\a \\newline #_ 5 6 ; rest\n]', ['a', '\n', 6]],
    ['##NaN', '##NaN'],
    ['{:__proto__ 1, "__proto__" 2}', { ':__proto__': 1 }],
  ])('reads %s', (text, value) => {
    expect(new EdnReader(text, 'h').read()).toEqual(value);
  });

  it.each([
    ['[1\n2', 'h:2: the file ends, but ] is expected'],
    ['{:a}', 'h:1: the map ends after the key :a, but its value is expected'],
    ['"abc', 'h:1: the file ends within a string; expected "'],
    [')', 'h:1: an unexpected )'],
    ['['.repeat(100), 'h:1: nested more than 64 deep'],
    ['', 'h:1: the file ends, but a value is expected'],
  ])('refuses %j', (text, message) => {
    expect(() => new EdnReader(text, 'h').read()).toThrow(new HistoryError('h', 0, '').message.slice(0, 1));
    expect(() => new EdnReader(text, 'h').read()).toThrow(message);
  });

  it('bears what is nested deeper than any stack, also in what is passed over', () => {
    for (const nested of ['#_', '#tag ', '^']) {
      expect(() => new EdnReader(nested.repeat(20_000), 'h').read()).toThrow('h:1: nested more than 64 deep');
    }
  });

  it('ends with every text, by a value or a complaint', () => {
    const soup = fc.string({ unit: fc.constantFrom(...'{}[]()"\\#_:;^ \n1a-nil~@'), maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(soup, fc.string()), (text) => {
        try {
          const reader = new EdnReader(text, 'h');
          while (reader.hasNext()) reader.read();
        } catch (error) {
          expect(error).toBeInstanceOf(HistoryError);
        }
      }),
      { numRuns: 3000, seed: 3 },
    );
  });
});

/** write(1) by 0, a read of it by 1, and a write by 2 whose outcome is not known. */
const SAME = [
  { process: 0, f: 'write', argument: 1, calledAt: 1, returnedAt: 3 },
  { process: 1, f: 'read', argument: null, result: 1, calledAt: 2, returnedAt: 5 },
  { process: 2, f: 'write', argument: 2, result: undefined, calledAt: 4, returnedAt: Infinity },
];

describe('the same history', () => {
  it.each([
    [
      'json-lines',
      '{"history":1,"model":"cas-register","initial":0}\n{"process":0,"type":"invoke","f":"write","value":1}\n\n' +
        '{"process":1,"type":"invoke","f":"read"}\n{"process":0,"type":"ok","f":"write"}\n' +
        '{"process":2,"type":"invoke","f":"write","value":2,"note":"slow"}\n{"process":1,"type":"ok","f":"read","value":1}\n{"process":2,"type":"info","f":"write"}\n',
    ],
    [
      'jepsen-edn',
      '; recorded\n[{:process 0, :type :invoke, :f :write, :value 1} {:process 1, :type :invoke, :f :read, :value nil}\n' +
        '{:process 0, :type :ok, :f :write, :value 1}{:process 2 :type :invoke :f :write :value 2}\n{:process 1, :type :ok, :f :read, :value 1}]',
    ],
    [
      'jepsen-edn',
      '{:process 0, :type :invoke, :f :write, :value 1}\n{:process 1, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :write, :value 1}\n' +
        '{:process 2 :type :invoke :f :write :value 2}\n{:process 1, :type :ok, :f :read, :value 1, :error #{[:a]}}\n{:process 2 :type :info :f :write}',
    ],
    [
      'jepsen-log',
      'INFO  something else\nINFO  jepsen.util - 0\t:invoke\t:write\t1\nINFO  jepsen.util - 1\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:write\t1\r\n' +
        'INFO  jepsen.util - 2\t:invoke\t:write\t2\nINFO  jepsen.util - 1\t:ok\t:read\t1\nINFO  jepsen.util - 2\t:info\t:write\t:timed-out',
    ],
    ['jepsen-log', '0 :invoke :write 1\n1 :invoke :read nil\n0 :ok :write 1\n2 :invoke :write 2\n1 :ok :read 1\n'],
  ])('is read as %s', (format, text) => {
    expect(recogniseFormat(text, 'h')).toBe(format);
    const operations = read(text);
    expect(operations).toHaveLength(3);
    SAME.forEach((expected, index) => expect(operations[index]).toMatchObject(expected));
  });
});

describe('outcomes', () => {
  it('leaves out what failed, and keeps a comparison that said no in a log', () => {
    expect(read('0 :invoke :cas [1 2]\n0 :fail :cas [1 2]')).toMatchObject([
      { f: 'cas', argument: [1, 2], result: false },
    ]);
    expect(read('0 :invoke :cas [1 2]\n0 :fail :cas [1 2] :net-timeout')).toEqual([]);
    expect(read('0 :invoke :read nil\n0 :fail :read :timed-out')).toEqual([]);
    expect(
      read('{:process 0 :type :invoke :f :cas :value [1 2]}{:process 0 :type :fail :f :cas :value [1 2]}'),
    ).toEqual([]);
  });

  it('takes nil as the format means it, or as it is told', () => {
    const edn = '{:process 0 :type :invoke :f :read :value nil}{:process 0 :type :ok :f :read :value nil}';
    const log = '0 :invoke :read nil\n0 :ok :read nil';
    expect([edn, log].map((text) => read(text)[0]?.result)).toEqual([undefined, null]);
    expect([edn, log].map((text) => read(text, { nil: 'value' })[0]?.result)).toEqual([null, null]);
    expect([edn, log].map((text) => read(text, { nil: 'unknown' })[0]?.result)).toEqual([undefined, undefined]);
    const txn =
      '{:process 0 :type :invoke :f :txn :value [[:r :x nil]]}{:process 0 :type :ok :f :txn :value [[:r :x nil]]}';
    expect(read(txn)[0]?.result).toEqual([['r', 'x']]);
    expect(read(txn, { nil: 'value' })[0]?.result).toEqual([['r', 'x', null]]);
  });

  it('takes the key out of independent values', () => {
    const edn = '{:process 0 :type :invoke :f :cas :value [:k [1 2]]}{:process 0 :type :ok :f :cas :value [:k [1 2]]}';
    expect(read(edn, { isIndependent: true })).toMatchObject([{ key: 'k', argument: [1, 2] }]);
    expect(faultOf('0 :invoke :write 1', { isIndependent: true })).toContain(
      'h:1: the value is 1; with --independent a pair',
    );
  });

  it('passes over the nemesis, and what a process tells unasked', () => {
    expect(read('{:process :nemesis :type :info :f :kill :value nil}{:process 3 :type :info :f :hello}')).toEqual([]);
  });
});

describe('bad input names line and remedy', () => {
  it.each([
    ['', 'h: this is empty; expected a history'],
    ['hello\nworld', 'h:1: no history of a known format: expected JSON lines'],
    ['{"process":0,"type":"invoke","f":"read"}\n{"process":0,', 'h:2: this is no JSON'],
    ['{"process":0,"type":"begin","f":"read"}', 'h:1: "type" is "begin"; expected "invoke", "ok", "fail" or "info"'],
    ['{"process":0.5,"type":"ok","f":"read"}', 'h:1: "process" is 0.5; expected a whole number or a text'],
    ['{"process":0,"type":"ok"}', 'h:1: "f" is undefined; expected the name of an operation'],
    [
      '{"process":0,"type":"invoke","f":"read","val":1}',
      'h:1: an unknown field "val"; known are process, type, f, key, value, timeMs, note',
    ],
    [
      '{"process":0,"type":"invoke","f":"get","key":"x"}\n{"process":0,"type":"ok","f":"get","key":"y","value":""}',
      'h:2: process 0 is told ok of get about key "y", but invoked it about "x" at line 1',
    ],
    ['{"process":0,"type":"invoke","f":"read","key":{}}', 'h:1: "key" is {}; expected a text or a number'],
    ['{"history":2}', 'h:1: "history" is 2; this build reads version 1'],
    ['{"process":0,"type":"ok","f":"read"}', 'h:1: process 0 is told ok of read, but invoked nothing'],
    [
      '0 :invoke :read nil\n0 :invoke :read nil',
      'h:2: process 0 invokes read, but its read of line 1 is still under way',
    ],
    ['0 :invoke :read nil\n0 :ok :write 1', 'h:2: process 0 is told ok of write, but invoked read at line 1'],
    ['INFO jepsen.util - 0 :invoke :read nil\nINFO jepsen.util - boo', 'h:2: expected PROCESS :invoke|:ok|:fail|:info'],
    ['[{:process 0 :type :invoke :f :read}\n 5]', 'h:2: expected a map such as'],
    ['{:process 0 :type :began :f :read}', 'h:1: :type is ":began"; expected :invoke, :ok, :fail or :info'],
    ['{:process 0 :type :invoke}', 'h:1: :f is missing'],
    ['[{:process 0 :type :invoke :f :read}]\n\n{}', 'h:3: more text after the closing ]'],
    ['{:process nil :type :invoke :f :read}', 'h:1: :process is null; expected a number or a keyword'],
  ])('%j', (text, message) => {
    expect(faultOf(text)).toContain(message);
  });
});
