import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

// Where CI is set, typescript-eslint takes the types of a file from the disk, also for a text that is not there.
process.env['TSESTREE_SINGLE_RUN'] = 'false';

const eslint = new ESLint({ cwd: resolve(import.meta.dirname, '../..') });

async function rulesBroken(filePath: string, text: string): Promise<string[]> {
  const results = await eslint.lintText(text, { filePath });
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message));
}

const banned: readonly (readonly [what: string, text: string, rule: string])[] = [
  ['the clock', 'export const now = (): number => Date.now();', 'no-restricted-globals'],
  ['the clock by another name', 'export const now = (): number => globalThis.Date.now();', 'no-restricted-globals'],
  ['performance', 'export const now = (): number => performance.now();', 'no-restricted-globals'],
  ['timers', 'export const later = (f: () => void): void => void setTimeout(f, 1);', 'no-restricted-globals'],
  ['microtasks', 'export const later = (f: () => void): void => queueMicrotask(f);', 'no-restricted-globals'],
  ['the process', 'export const home = (): unknown => process.env;', 'no-restricted-globals'],
  ['crypto', 'export const id = (): string => crypto.randomUUID();', 'no-restricted-globals'],
  ['promises', 'export const done = (): unknown => Promise.resolve();', 'no-restricted-globals'],
  ['chance', 'export const draw = (): number => Math.random();', 'no-restricted-properties'],
  ['inexact powers', 'export const grow = (n: number): number => Math.pow(2, n);', 'no-restricted-properties'],
  ['the operator of powers', 'export const grow = (n: number): number => 2 ** n;', 'no-restricted-syntax'],
  ['async functions', 'export async function f(): Promise<void> {}', 'no-restricted-syntax'],
  ['await', 'await null;', 'no-restricted-syntax'],
  ['builtin modules', `import fs from 'node:fs';\nfs.existsSync('');`, 'no-restricted-imports'],
  ['builtin modules without prefix', `import fs from 'fs';\nfs.existsSync('');`, 'no-restricted-imports'],
  ['let at module level', 'export let count = 0;\ncount += 1;', 'orrery/no-module-state'],
  ['a map at module level', 'export const seen = new Map<string, number>();', 'orrery/no-module-state'],
  ['an array at module level', 'export const seen: string[] = [];', 'orrery/no-module-state'],
  ['an empty object at module level', 'export const seen: Record<string, 1> = {};', 'orrery/no-module-state'],
  ['scratch bytes at module level', 'export const scratch = new Uint8Array(8);', 'orrery/no-module-state'],
  ['state of a class', 'export class C {\n  static count = 0;\n}', 'orrery/no-module-state'],
  ['a write from a function', 'const s = { n: 0 };\nexport const f = (): number => s.n++;', 'orrery/no-module-state'],
];

test.each(banned)('a pure core may not use %s', async (_what, text, rule) => {
  expect(await rulesBroken('runtime/example.ts', `${text}\n`)).toContain(rule);
});

const allowed: readonly (readonly [what: string, text: string])[] = [
  ['a tuple', `export const kinds = ['a', 'b'] as const;`],
  ['a read-only set', `export const kinds: ReadonlySet<string> = new Set(['a']);`],
  ['a frozen array', `export const kinds = Object.freeze(['a', 'b']);`],
  ['a read-only table', 'export const table: ArrayLike<number> = new Uint32Array(256);'],
  ['local state', 'export function f(): number {\n  let n = 0;\n  n += 1;\n  return n;\n}'],
];

test.each(allowed)('a pure core may have %s', async (_what, text) => {
  expect(await rulesBroken('protocols/raft/example.ts', `${text}\n`)).toEqual([]);
});

test('every pure folder is judged, and only its core', async () => {
  const text = 'export const now = (): number => Date.now();\n';
  for (const folder of ['runtime', 'protocols/raft', 'scheduler', 'sim', 'props']) {
    expect(await rulesBroken(`${folder}/example.ts`, text), folder).toEqual(['no-restricted-globals']);
  }
  expect(await rulesBroken('cli/checks/tidy.ts', text)).toEqual([]);
});

test('a promise that nobody waits for is reported at the edge', async () => {
  const text = 'const work = async (): Promise<void> => {};\nwork();\n';
  expect(await rulesBroken('cli/checks/tidy.ts', text)).toEqual(['@typescript-eslint/no-floating-promises']);
});

test('a long file and a long function are reported', async () => {
  const lines = Array.from({ length: 401 }, (_, index) => `  f(${index});`).join('\n');
  const text = `export function f(n: number): void {\n${lines}\n  f(n);\n}\n`;
  expect(await rulesBroken('sim/example.ts', text)).toEqual(['max-lines-per-function', 'max-lines']);
});
