import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plain } from '../../runtime/data.js';
import { formatArtifact, parseArtifact, readArtifact, writeArtifact, type Artifact } from './artifact.js';
import { BadInputError } from './bad-input.js';
import { fromJson, toJson } from './plain-json.js';
import { readPlan } from './plan-file.js';

const folder = mkdtempSync(join(tmpdir(), 'orrery-artifact-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const artifact: Artifact = {
  scenario: {
    name: 'counter',
    origin: { kind: 'file', file: '../counter.ts', export: 'counting', hash: 'ab' },
    params: {},
  },
  seed: 417,
  placement: 'inline',
  fingerprint: '0123456789abcdef',
  steps: 1234,
  simulatedMs: 15_000.25,
  violations: [{ property: 'atMostOnce', kind: 'always', step: 'n1:17', atMs: 12.5, message: 'counted twice' }],
  reached: { crashed: 1 },
  faults: { crash: 2 },
  setup: {
    nodes: [
      { id: 'n1', program: 'server', params: { key: new Uint8Array([1, 2, 255]) }, role: 'server' },
      { id: 'c1', program: 'client', params: null, role: 'client' },
    ],
    workload: [{ atMs: 5, to: 'c1/client', message: { type: 'add', n: 1, nested: { $bytes: 'not bytes' } } }],
  },
  plan: {
    faults: [
      { name: 'crash-1', fault: 'crash', at: { ms: 7 }, target: { kind: 'node', node: 'n1' }, forMs: 3, params: {} },
    ],
  },
  cutAtMs: 20_000,
  digest: {
    stride: 1,
    nodes: { n1: { steps: 2, marks: '0a0b0c0d' } },
    last: [{ step: 'n1:2', atMs: '12.500', text: 'add' }],
  },
  madeBy: { orrery: '0.1.0', node: 'v20.20.2', zoneData: '2025b', build: 'cd' },
};

const { seed, fingerprint, steps, simulatedMs, violations, setup, plan, faults } = artifact;
const original = { seed, fingerprint, steps, simulatedMs, violations, setup, plan, faults };
const minimised: Artifact = {
  ...artifact,
  minimised: { original, property: 'atMostOnce', runs: 17, isMinimal: true },
  regression: { name: 'counts-twice', broke: 'a repetition was counted', planted: 'count-again' },
};

const text = formatArtifact(artifact);

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(BadInputError);
    return (error as Error).message;
  }
  return '';
}

describe('an artifact', () => {
  it('comes back as it was written', () => {
    const file = join(folder, 'deep/er/a.json');
    writeArtifact(file, artifact);
    expect(readArtifact(file)).toEqual(artifact);
    expect(readPlan(file)).toEqual(artifact.plan);
    expect(parseArtifact(formatArtifact(minimised), 'a.json')).toEqual(minimised);
  });

  it('of the version before, which lacks what is optional now, is read as well', () => {
    const { cutAtMs: _cut, digest: _digest, ...older } = artifact;
    const ofThen = formatArtifact(older).replace('"version": 2', '"version": 1');
    const sum = /"checksum": "([0-9a-f]+)"/.exec(ofThen)?.[1] ?? '';
    const checksum = createHash('sha256')
      .update(ofThen.replace(sum, '0'.repeat(64)))
      .digest('hex');
    expect(parseArtifact(ofThen.replace(sum, checksum), 'a.json')).toEqual(older);
  });

  it('is refused, with a reason, wherever one byte of it is flipped', () => {
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = damaged[at]! ^ mask;
        const file = join(folder, 'damaged.json');
        writeFileSync(file, damaged);
        expect(messageOf(() => readArtifact(file))).toMatch(/damaged\.json: .+/);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused, with a reason, wherever it is cut off', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 2), (length) => {
        expect(messageOf(() => parseArtifact(text.slice(0, length), 'cut.json'))).toMatch(/cut\.json: .+/);
      }),
    );
  });

  it('never crashes on any JSON whatever', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (whole, part) => {
        expect(messageOf(() => parseArtifact(whole, 'a.json'))).not.toBe('');
        const grafted = text.replace(/"(seed|setup|plan|violations)": [^\n]+/, (_all, key) => `"${key}": ${part},`);
        expect(messageOf(() => parseArtifact(grafted, 'a.json'))).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['seed', (a: Artifact) => ({ ...a, seed: -1 }), '$.seed: expected a whole number from 0'],
    ['fingerprint', (a: Artifact) => ({ ...a, fingerprint: 'x' }), '$.fingerprint: expected 16 hexadecimal digits'],
    ['step', (a: Artifact) => ({ ...a, violations: [{ ...a.violations[0]!, step: '17' }] }), '$.violations[0].step'],
    ['fault', (a: Artifact) => planOf(a, { fault: 'meteor' }), '$.plan.faults[0].fault: unknown fault "meteor"'],
    ['target', (a: Artifact) => planOf(a, { target: { kind: 'node', node: 'n9' } }), 'the cluster has no node "n9"'],
    ['nodes', (a: Artifact) => ({ ...a, setup: { ...a.setup, nodes: [] } }), '$.setup.nodes: expected 1 to'],
    ['marks', (a: Artifact) => ({ ...a, digest: { ...a.digest!, nodes: { n1: { steps: 1, marks: 'x' } } } }), '.marks'],
    [
      'original',
      (a: Artifact) => originOf(a, { fault: 'meteor' }),
      '$.minimised.original.plan.faults[0].fault: unknown',
    ],
    ['extra', (a: Artifact) => ({ ...a, more: 1 }), '$.more: unknown field'],
  ])('names the field that is wrong: %s', (_what, change, message) => {
    expect(messageOf(() => parseArtifact(formatArtifact(change(artifact) as Artifact), 'a.json'))).toContain(message);
  });

  it('of a later version, of another kind, or absent is refused with the remedy', () => {
    expect(messageOf(() => parseArtifact(text.replace('"version": 2', '"version": 3'), 'a.json'))).toContain(
      'use the orrery',
    );
    expect(messageOf(() => parseArtifact('{}', 'a.json'))).toContain('orrery hunt');
    expect(messageOf(() => readArtifact(join(folder, 'nowhere.json')))).toContain('there is no such file');
    expect(messageOf(() => readArtifact(folder))).toContain('folder');
  });
});

function planOf(a: Artifact, change: object): object {
  return { ...a, plan: { faults: [{ ...a.plan.faults[0]!, ...change }] } };
}

function originOf(a: Artifact, change: object): object {
  const { plan: broken } = planOf(a, change) as Artifact;
  return { ...minimised, minimised: { ...minimised.minimised!, original: { ...original, plan: broken } } };
}

describe('plain data in JSON', () => {
  const key = fc.string().filter((name) => name !== '__proto__');
  const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
    plain: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array(),
      fc.array(tie('plain')),
      fc.dictionary(fc.oneof(key, fc.constantFrom('$bytes', '$plain')), tie('plain'), { noNullPrototype: true }),
    ),
  }));

  it('comes back the same', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(fromJson(JSON.parse(JSON.stringify(toJson(value))))).toEqual({ value });
      }),
    );
  });

  it.each([
    ['{"a":{"__proto__":{"b":1}}}', '$.a: a field may not be called __proto__'],
    ['{"$bytes":"?"}', '$.$bytes: expected base64'],
    [`${'['.repeat(5000)}${']'.repeat(5000)}`, 'nested too deeply'],
    ['-0', '-0 is not plain data'],
  ])('refuses %s', (json, message) => {
    expect(fromJson(JSON.parse(json))).toMatchObject({ fault: expect.stringContaining(message) as string });
  });
});

describe('a fault plan', () => {
  let file: string;
  beforeAll(() => {
    file = join(folder, 'plan.json');
  });

  it('may be written by hand', () => {
    writeFileSync(file, JSON.stringify(artifact.plan));
    expect(readPlan(file)).toEqual(artifact.plan);
  });

  it.each([['[]'], ['{"faults": 1}'], ['{"faults": [], "x": 1}'], ['{'], ['{"format":"orrery-artifact"}']])(
    'is refused with its place: %s',
    (content) => {
      writeFileSync(file, content);
      expect(messageOf(() => readPlan(file))).toMatch(/plan\.json: .+/);
    },
  );
});
