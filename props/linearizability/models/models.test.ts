import { describe, expect, it } from 'vitest';
import { readHistory } from '../../histories/index.js';
import { checkLinearizable, MODELS, type AnyModel } from '../index.js';

/** `PROCESS f key argument -> result`, one after another; `[`…`]` around lines lets them overlap; `?` is an outcome not known. */
function verdict(name: string, ...calls: readonly string[]): string {
  const model = MODELS[name]?.make() as AnyModel;
  const { operations } = readHistory(calls.join('\n'), { file: 'h' });
  for (const operation of operations) expect(model.fault?.(operation)).toBeUndefined();
  return checkLinearizable(model, operations).verdict;
}

type Fields = Readonly<Record<string, unknown>>;

function invoke(process: number, f: string, fields: Fields = {}): string {
  return JSON.stringify({ process, type: 'invoke', f, ...fields });
}

function ok(process: number, f: string, fields: Fields = {}): string {
  return JSON.stringify({ process, type: 'ok', f, ...fields });
}

function info(process: number, f: string): string {
  return JSON.stringify({ process, type: 'info', f });
}

/** Called and answered before anything else happens. */
function call(process: number, f: string, value: unknown, result?: unknown, times?: readonly [number, number]): string {
  const argument = value === undefined ? {} : { value };
  const answer = result === undefined ? {} : { value: result };
  const [calledMs, returnedMs] = times === undefined ? [{}, {}] : times.map((timeMs) => ({ timeMs }));
  return `${invoke(process, f, { ...argument, ...calledMs })}\n${ok(process, f, { ...answer, ...returnedMs })}`;
}

describe('cas-register', () => {
  it.each<[string, readonly string[]]>([
    [
      'legal',
      [call(0, 'read', undefined, null), call(0, 'write', 1), call(1, 'cas', [1, 2]), call(1, 'read', undefined, 2)],
    ],
    ['legal', [call(0, 'write', 1), call(1, 'cas', [2, 3], false), call(1, 'read', undefined, 1)]],
    ['illegal', [call(0, 'write', 1), call(1, 'cas', [1, 3], false)]],
    ['illegal', [call(0, 'write', 1), call(1, 'cas', [2, 3])]],
    ['illegal', [call(0, 'write', 1), call(0, 'write', 2), call(1, 'read', undefined, 1)]],
    // An outcome that nobody knows may come about as late as it likes, or not at all, but once only.
    [
      'legal',
      [
        invoke(0, 'write', { value: 5 }),
        info(0, 'write'),
        call(1, 'write', 1),
        call(1, 'read', undefined, 1),
        call(2, 'read', undefined, 5),
      ],
    ],
    ['legal', [invoke(0, 'write', { value: 5 }), info(0, 'write'), call(1, 'read', undefined, null)]],
    [
      'illegal',
      [
        invoke(0, 'write', { value: 5 }),
        info(0, 'write'),
        call(1, 'read', undefined, 5),
        call(1, 'write', 1),
        call(2, 'read', undefined, 5),
      ],
    ],
    ['illegal', [call(1, 'read', undefined, 5), invoke(0, 'write', { value: 5 }), info(0, 'write')]],
    // A read of which the value is not known says nothing.
    ['legal', [call(0, 'write', 1), call(0, 'read', undefined)]],
    [
      'legal',
      [call(0, 'write', { a: 1, b: [2] }), call(1, 'cas', [{ b: [2], a: 1 }, 'x']), call(1, 'read', undefined, 'x')],
    ],
  ])('%s: %#', (expected, calls) => {
    expect(verdict('cas-register', ...calls)).toBe(expected);
  });
});

describe('kv', () => {
  const onKey = (key: string, text: string): string => text.replaceAll('"f":', `"key":"${key}","f":`);
  it.each<[string, readonly string[]]>([
    [
      'legal',
      [
        onKey('x', call(0, 'put', 'a')),
        onKey('x', call(0, 'append', 'b')),
        onKey('x', call(1, 'get', undefined, 'ab')),
        onKey('y', call(1, 'get', undefined, '')),
      ],
    ],
    [
      'legal',
      [
        onKey('x', call(0, 'put', 'a')),
        onKey('x', call(0, 'delete', undefined)),
        onKey('x', call(1, 'get', undefined, '')),
      ],
    ],
    ['illegal', [onKey('x', call(0, 'put', 'a')), onKey('y', call(1, 'get', undefined, 'a'))]],
    [
      'illegal',
      [
        onKey('x', call(0, 'append', 'a')),
        onKey('x', call(0, 'append', 'b')),
        onKey('x', call(1, 'get', undefined, 'a')),
      ],
    ],
  ])('%s: %#', (expected, calls) => {
    expect(verdict('kv', ...calls)).toBe(expected);
  });
});

describe('multi-register', () => {
  it.each<[string, readonly string[]]>([
    [
      'legal',
      [
        call(
          0,
          'txn',
          [
            ['write', 'x', 1],
            ['read', 'x', null],
          ],
          [
            ['write', 'x', 1],
            ['read', 'x', 1],
          ],
        ),
      ],
    ],
    [
      'legal',
      [
        call(0, 'txn', [['w', 'x', 1]]),
        call(
          1,
          'txn',
          [
            ['r', 'x', null],
            ['r', 'y', null],
          ],
          [
            ['r', 'x', 1],
            ['r', 'y', null],
          ],
        ),
      ],
    ],
    // Names that every object of JavaScript answers to are names as any other.
    ['legal', [call(0, 'txn', [['r', 'constructor', null]], [['r', 'constructor', null]])]],
    // A reader that sees half of a transaction.
    [
      'illegal',
      [
        call(0, 'txn', [
          ['w', 'x', 1],
          ['w', 'y', 1],
        ]),
        call(
          1,
          'txn',
          [
            ['r', 'x', null],
            ['r', 'y', null],
          ],
          [
            ['r', 'x', 1],
            ['r', 'y', null],
          ],
        ),
      ],
    ],
  ])('%s: %#', (expected, calls) => {
    expect(verdict('multi-register', ...calls)).toBe(expected);
  });
});

describe('mutex', () => {
  it.each<[string, readonly string[]]>([
    [
      'legal',
      [
        call(0, 'acquire', undefined, 1),
        call(1, 'acquire', undefined, false),
        call(0, 'release', undefined),
        call(1, 'acquire', undefined, 2),
      ],
    ],
    ['illegal', [call(0, 'acquire', undefined, 1), call(1, 'acquire', undefined, 2)]],
    ['illegal', [call(0, 'acquire', undefined, 2), call(0, 'release', undefined), call(1, 'acquire', undefined, 2)]],
    ['illegal', [call(0, 'acquire', undefined, 1), call(1, 'release', undefined)]],
    ['illegal', [call(1, 'acquire', undefined, false)]],
    ['legal', [call(0, 'use', 1), call(1, 'use', 2), call(0, 'use', 1, false)]],
    ['illegal', [call(1, 'use', 2), call(0, 'use', 1)]],
    ['illegal', [call(1, 'use', 2), call(0, 'use', 2, false)]],
    // Who asked without learning may have it.
    ['legal', [invoke(0, 'acquire'), info(0, 'acquire'), call(1, 'acquire', undefined, false)]],
  ])('%s: %#', (expected, calls) => {
    expect(verdict('mutex', ...calls)).toBe(expected);
  });
});

describe('lease', () => {
  it.each<[string, readonly string[]]>([
    ['legal', [call(0, 'acquire', 100, 1, [0, 10]), call(1, 'acquire', 100, 2, [90, 100])]],
    // The first cannot have run out before 100 ms, and the second was answered before that.
    ['illegal', [call(0, 'acquire', 100, 1, [0, 10]), call(1, 'acquire', 100, 2, [50, 99])]],
    [
      'legal',
      [
        call(0, 'acquire', 100, 1, [0, 10]),
        call(0, 'release', 1, undefined, [20, 30]),
        call(1, 'acquire', 100, 2, [50, 60]),
      ],
    ],
    [
      'illegal',
      [
        call(0, 'acquire', 100, 1, [0, 10]),
        call(0, 'renew', 1, undefined, [80, 90]),
        call(1, 'acquire', 100, 2, [150, 160]),
      ],
    ],
    [
      'legal',
      [
        call(0, 'acquire', 100, 1, [0, 10]),
        call(0, 'renew', 1, undefined, [80, 90]),
        call(1, 'acquire', 100, 2, [170, 190]),
      ],
    ],
    ['illegal', [call(0, 'acquire', 100, 1, [0, 10]), call(0, 'renew', 1, false, [20, 30])]],
    [
      'legal',
      [
        call(0, 'acquire', 100, 1, [0, 10]),
        call(0, 'renew', 1, false, [120, 130]),
        call(1, 'acquire', 100, 2, [130, 140]),
      ],
    ],
    [
      'illegal',
      [
        call(0, 'acquire', 100, 1, [0, 10]),
        call(1, 'acquire', 100, 2, [150, 160]),
        call(0, 'renew', 1, undefined, [170, 180]),
      ],
    ],
    ['illegal', [call(0, 'acquire', 100, 2, [0, 10]), call(1, 'acquire', 100, 1, [150, 160])]],
    [
      'legal',
      [
        call(0, 'acquire', 100, 1, [0, 10]),
        call(1, 'holder', undefined, 1, [20, 30]),
        call(1, 'holder', undefined, null, [120, 130]),
      ],
    ],
    ['illegal', [call(0, 'acquire', 100, 1, [0, 10]), call(1, 'holder', undefined, null, [20, 30])]],
    // Nobody was told the token of the first; it shows later.
    [
      'legal',
      [invoke(0, 'acquire', { value: 100, timeMs: 0 }), info(0, 'acquire'), call(1, 'holder', undefined, 7, [20, 30])],
    ],
    [
      'illegal',
      [
        invoke(0, 'acquire', { value: 100, timeMs: 0 }),
        info(0, 'acquire'),
        call(1, 'holder', undefined, 7, [20, 30]),
        call(1, 'acquire', 100, 6, [200, 210]),
      ],
    ],
    // Without times a lease may have run out at any time.
    ['legal', [call(0, 'acquire', 100, 1), call(1, 'acquire', 100, 2)]],
  ])('%s: %#', (expected, calls) => {
    expect(verdict('lease', ...calls)).toBe(expected);
  });
});

describe('queue', () => {
  it.each<[string, readonly string[]]>([
    [
      'legal',
      [
        call(0, 'enqueue', 1),
        call(0, 'enqueue', 2),
        call(1, 'dequeue', undefined, 1),
        call(1, 'dequeue', undefined, 2),
        call(1, 'dequeue', undefined, null),
      ],
    ],
    ['illegal', [call(0, 'enqueue', 1), call(0, 'enqueue', 2), call(1, 'dequeue', undefined, 2)]],
    ['illegal', [call(0, 'enqueue', 1), call(1, 'dequeue', undefined, null)]],
    ['illegal', [call(0, 'enqueue', 1), call(1, 'dequeue', undefined, 1), call(2, 'dequeue', undefined, 1)]],
    [
      'legal',
      [
        invoke(0, 'enqueue', { value: 1 }),
        invoke(1, 'enqueue', { value: 2 }),
        ok(0, 'enqueue'),
        ok(1, 'enqueue'),
        call(2, 'dequeue', undefined, 2),
      ],
    ],
    // A dequeue whose outcome is not known may have taken the first.
    [
      'legal',
      [
        call(0, 'enqueue', 1),
        call(0, 'enqueue', 2),
        invoke(1, 'dequeue'),
        info(1, 'dequeue'),
        call(2, 'dequeue', undefined, 2),
      ],
    ],
  ])('%s: %#', (expected, calls) => {
    expect(verdict('queue', ...calls)).toBe(expected);
  });
});

describe('what a model does not know', () => {
  it.each([
    ['cas-register', call(0, 'append', 'x'), 'no operation "append"; known are read, write, cas'],
    ['cas-register', call(0, 'cas', 3), 'cas takes [expected, value], not 3'],
    ['kv', call(0, 'get', undefined, ''), 'get names no key'],
    ['multi-register', call(0, 'txn', [['scan', 'x', 1]]), 'txn takes steps such as'],
    [
      'multi-register',
      call(0, 'txn', [['read', 'y', null]], [['read', 'x', 1]]),
      'answers ["read","x",1] to the step ["read","y",null], which is another',
    ],
    ['multi-register', call(0, 'txn', [['write', 'y', 1]], [['write', 'y', 2]]), 'which is another'],
    ['multi-register', call(0, 'txn', [['w', 'y', 1]], [['r', 'y', 1]]), 'which is another'],
    ['mutex', call(0, 'use', 'x'), 'use takes a token, which is a number, not "x"'],
    ['lease', call(0, 'acquire', undefined, 1), 'acquire takes milliseconds, which is a number, not nil'],
    ['queue', call(0, 'enqueue', null), 'enqueue takes a value that is not nil'],
  ])('%s says so of %s', (name, text, message) => {
    const [operation] = readHistory(text, { file: 'h' }).operations;
    expect(operation && MODELS[name]?.make().fault?.(operation)).toContain(message);
  });
});
