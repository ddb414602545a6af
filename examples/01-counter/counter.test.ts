import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { simulate } from 'orrery/vitest';
import { expect, test } from 'vitest';
import { counting } from './scenario.js';

simulate('the counter counts each request once', counting, { seeds: 200 });

function run(program: string): string {
  const file = fileURLToPath(new URL(`../../dist/examples/01-counter/${program}.js`, import.meta.url));
  return execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 });
}

test('main finds the bug, prints how to replay it, and passes the mended actor', () => {
  const printed = run('main');
  expect(printed).toMatch(/countedOnce at step n1:\d+: request-\d+ was counted twice/);
  expect(printed).toMatch(/replay: npx orrery replay \S+#countingBuggy --seed \d+/);
  expect(printed).toContain('counting: all 200 seeds pass');
});

test('serve answers over TCP', () => {
  expect(run('serve')).toContain('{"request-1":1,"request-2":3,"request-3":6}');
});
