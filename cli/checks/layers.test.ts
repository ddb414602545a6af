import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cruiseLayers, type LayerReport } from './layers.js';

const repository = resolve(import.meta.dirname, '../..');

/** Each importer, the one line that it holds, and the rule that must speak up. */
const forbidden: readonly (readonly [from: string, line: string, rule: string])[] = [
  ['runtime/to-protocol.ts', `import '../protocols/raft/index.js';`, 'runtime-core'],
  ['runtime/to-edge.ts', `import './node/index.js';`, 'runtime-core'],
  ['runtime/to-builtin.ts', `import 'node:fs';`, 'runtime-core'],
  ['runtime/to-builtin-type.ts', `import type { Stats } from 'node:fs';\nexport type S = Stats;`, 'runtime-core'],
  ['runtime/to-pool.ts', `import 'piscina';`, 'runtime-core'],
  ['runtime/node/to-sim.ts', `import '../../sim/index.js';`, 'runtime-node'],
  ['protocols/raft/to-edge.ts', `import '../../runtime/node/index.js';`, 'protocols'],
  ['protocols/raft/to-scheduler.ts', `import '../../scheduler/index.js';`, 'protocols'],
  ['protocols/raft/to-inner.ts', `import '../lease/inner.js';`, 'protocol-through-its-index'],
  ['scheduler/to-service.ts', `import './service/index.js';`, 'scheduler-core'],
  ['scheduler/to-sim.ts', `import '../sim/index.js';`, 'scheduler-core'],
  ['scheduler/to-library.ts', `import 'yaml';`, 'scheduler-core'],
  ['scheduler/service/to-sim.ts', `import '../../sim/index.js';`, 'scheduler-service'],
  ['scheduler/service/to-props.ts', `import '../../props/index.js';`, 'scheduler-service'],
  ['scheduler/service/to-web.ts', `import '../../web/index.js';`, 'scheduler-service'],
  ['sim/to-protocol.ts', `import '../protocols/raft/index.js';`, 'sim-core'],
  ['sim/to-hunt.ts', `import './hunt/index.js';`, 'sim-core'],
  ['sim/to-builtin.ts', `import 'node:worker_threads';`, 'sim-core'],
  ['sim/hunt/to-edge.ts', `import '../../runtime/node/index.js';`, 'sim-edge'],
  ['sim/to-calendar.ts', `import '../runtime/node/calendar.js';`, 'sim-core'],
  ['sim/hunt/to-props.ts', `import '../../props/index.js';`, 'sim-edge'],
  ['sim/threads/to-pool.ts', `import 'piscina';`, 'piscina-in-hunt-only'],
  ['props/to-service.ts', `import '../scheduler/service/index.js';`, 'props-core'],
  ['props/to-vitest.ts', `import 'vitest';`, 'props-core'],
  ['props/to-cli.ts', `import '../cli/main.js';`, 'props-core'],
  ['props/vitest.ts', `import '../runtime/node/index.js';`, 'props-vitest'],
  ['cli/to-nowhere.ts', `import './nowhere.js';`, 'no-unresolvable'],
  ['cli/to-test.ts', `import './some.test.js';`, 'no-test-outside-tests'],
  ['cli/to-development.ts', `import 'typescript';`, 'no-development-library-in-shipped-code'],
];

const allowed: readonly (readonly [from: string, line: string])[] = [
  ['runtime/index.ts', `import 'seedrandom';`],
  ['runtime/node/index.ts', `import 'node:fs';\nimport '../index.js';\nimport 'msgpackr';`],
  ['protocols/lease/inner.ts', `import '../../runtime/index.js';`],
  ['protocols/lease/index.ts', `import './inner.js';`],
  ['protocols/raft/index.ts', `import '../lease/index.js';`],
  ['scheduler/index.ts', `import '../protocols/raft/index.js';`],
  ['scheduler/service/index.ts', `import 'node:http';\nimport '../index.js';\nimport '../../runtime/node/index.js';`],
  ['sim/index.ts', `import '../runtime/index.js';`],
  ['runtime/node/calendar.ts', `import 'croner';`],
  [
    'sim/hunt/index.ts',
    `import 'piscina';\nimport 'node:worker_threads';\nimport '../index.js';\nimport '../../runtime/node/calendar.js';`,
  ],
  ['props/index.ts', `import 'fast-check';\nimport '../sim/index.js';\nimport '../scheduler/index.js';`],
  ['web/index.ts', ''],
  ['cli/main.ts', `import '../props/index.js';\nimport '../sim/hunt/index.js';\nimport 'node:fs';`],
  ['cli/some.test.ts', `import '../protocols/lease/inner.js';\nimport 'vitest';`],
];

describe('on a tree with forbidden imports', () => {
  const tree = mkdtempSync(join(tmpdir(), 'orrery-layers-'));
  let report: LayerReport;

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `${text}\nexport {};\n`);
  }

  beforeAll(async () => {
    for (const [path, line] of [...allowed, ...forbidden]) write(path, line);
    write('bench/first.ts', `import './second.js';`);
    write('bench/second.ts', `import './first.js';`);
    symlinkSync(join(repository, 'node_modules'), join(tree, 'node_modules'));
    symlinkSync(join(repository, 'package.json'), join(tree, 'package.json'));
    report = await cruiseLayers(repository, tree);
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  test('every module of the tree is cruised', () => {
    expect(report.moduleCount).toBe(allowed.length + forbidden.length + 2);
  });

  test.each(forbidden)('%s is reported: %s', (from, _line, rule) => {
    expect(
      report.violations.filter((violation) => violation.from === from).map((violation) => violation.rule),
    ).toContain(rule);
  });

  test('a cycle is reported', () => {
    expect(report.violations).toContainEqual({ rule: 'no-cycles', from: 'bench/first.ts', to: 'bench/second.ts' });
  });

  test('what the layers allow is not reported', () => {
    const allowedPaths = allowed.map(([from]) => from);
    expect(report.violations.filter(({ from }) => allowedPaths.includes(from))).toEqual([]);
  });
});

test('this repository is cruised, and keeps its layers', async () => {
  const report = await cruiseLayers(repository, repository);
  expect(report.moduleCount).toBeGreaterThan(5);
  expect(report.violations).toEqual([]);
});
