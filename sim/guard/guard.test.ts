import { execFileSync } from 'node:child_process';
import fs, { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { threadGuard } from './guard.js';

const guard = threadGuard();

function inTurn(body: () => unknown): string {
  guard.enter('n1', 'counter', 17);
  try {
    body();
  } catch {
    // What matters is what `leave` says: the actor may have swallowed the error.
  }
  try {
    guard.leave();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

afterEach(() => void guard.takeEscapes());

describe('the guard', () => {
  const escapes: readonly (readonly [string, () => unknown])[] = [
    ['Date.now()', () => Date.now()],
    ['new Date()', () => new Date()],
    ['Math.random()', () => Math.random()],
    ['setTimeout()', () => setTimeout(() => undefined, 1)],
    ['queueMicrotask()', () => queueMicrotask(() => undefined)],
    ['process.hrtime.bigint()', () => process.hrtime.bigint()],
    ['performance.now()', () => performance.now()],
    ['crypto.randomUUID()', () => crypto.randomUUID()],
    ['crypto.getRandomValues()', () => crypto.getRandomValues(new Uint8Array(1))],
    ['fs.readFileSync()', () => fs.readFileSync('/dev/null')],
    ['fs.readFileSync()', () => readFileSync('/dev/null')],
    ['a promise', () => Promise.resolve(1)],
    ['a promise', () => (async () => await null)()],
    ['fetch()', () => fetch('http://127.0.0.1:9/')],
  ];

  it.each(escapes)('reports %s inside a turn with actor, step, file and line', (what, body) => {
    const message = inTurn(body);
    expect(message).toContain(`${what} in actor n1/counter at step n1:17`);
    expect(message).toMatch(/guard\.test\.ts:\d+:\d+/);
  });

  it('names the very line', () => {
    const line = Number(/test\.ts:(\d+)/.exec(String(new Error('here').stack))?.[1]);
    expect(inTurn(() => Date.now())).toContain(`guard.test.ts:${line + 1}:`);
  });

  it('reports an escape that the actor caught', () => {
    const message = inTurn(() => {
      try {
        Math.random();
      } catch {
        // swallowed
      }
    });
    expect(message).toContain('Math.random()');
    expect(guard.takeEscapes()).toHaveLength(1);
  });

  // The test runner puts its own nextTick back around each test, so this one is tried in a process of its own.
  it('reports process.nextTick() too', () => {
    const module = new URL('../../dist/sim/guard/guard.js', import.meta.url).href;
    const script = `
      import { threadGuard } from ${JSON.stringify(module)};
      const guard = threadGuard();
      guard.enter('n1', 'counter', 17);
      try { process.nextTick(() => {}); } catch {}
      try { guard.leave(); } catch (error) { console.log(error.message); }`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(printed).toContain('process.nextTick() in actor n1/counter');
  });

  it('leaves dates made from numbers alone, and everything outside of turns', async () => {
    expect(inTurn(() => new Date(0).toISOString())).toBe('');
    expect(new Date() instanceof Date).toBe(true);
    expect(Date.now()).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(guard.takeEscapes()).toEqual([]);
  });

  it('exempts the calendar, whose library uses Date', () => {
    const calendar = guard.exempt({ zoneDataVersion: 'x', nextTick: () => Date.now(), findFault: () => undefined });
    expect(inTurn(() => calendar.nextTick('* * * * *', 'UTC', 0))).toBe('');
  });
});
