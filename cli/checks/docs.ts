// Whatever the documents show of a run is made by that run, and what they say of faults by their registry: `npm run docs` writes it anew, and a test sees that it was done.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectivityPage } from './connectivity-document.js';
import { withExplorationTable } from './exploration-table.js';
import { faultReference } from './fault-reference.js';
import { papersPages } from './papers-document.js';
import { faultScenarios } from './fault-scenarios.js';
import { promisesPage } from './promises-document.js';
import { simulationDocument } from './simulation-document.js';

const PICTURES: Readonly<Record<string, readonly string[]>> = {
  'docs/images/raft-run.svg': [],
  'docs/images/raft-election.svg': ['--from-ms', '4600', '--to-ms', '5600'],
};
const EXAMPLE = 'dist/examples/01-counter/main.js';
const LIMIT_MS = 120_000;

/** A document as it ought to be, with its path from the top of the project. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

/** The README with the output of its example, whose first violation the sentences below it speak of. */
export function readmeDocument(root: string): Document {
  const path = 'README.md';
  const readme = readFileSync(join(root, path), 'utf8');
  const printed = run(root, EXAMPLE).trimEnd();
  return { path, text: withExampleOutput(readme, printed) };
}

/** Throws where the README has lost what is to be replaced. */
export function withExampleOutput(readme: string, printed: string): string {
  const step = /at step (\w+:\d+):/.exec(printed)?.[1];
  if (step === undefined) throw new Error(`${EXAMPLE} names no step; see what it prints:\n${printed}`);
  const block = /(```text\n\$ node dist\/examples\/01-counter\/main\.js\n)[^]*?(\n```)/;
  const steps = /(`--(?:until|break) )\w+:\d+`/g;
  if (!block.test(readme) || !steps.test(readme)) {
    throw new Error(
      `README.md shows no "$ node ${EXAMPLE}" with a step to replay until; put it back, or mend this check`,
    );
  }
  return readme
    .replace(block, (_, before: string, after: string) => `${before}${printed}${after}`)
    .replace(steps, (_, option: string) => `${option}${step}\``);
}

/** The pictures of `orrery replay raft --seed 5 --picture`. */
export function pictureDocuments(root: string): readonly Document[] {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-docs-'));
  try {
    return Object.entries(PICTURES).map(([path, part]) => {
      const file = join(folder, 'picture.svg');
      run(root, 'dist/cli/main.js', 'replay', 'raft', '--seed', '5', '--lines', '0', '--picture', file, ...part);
      return { path, text: readFileSync(file, 'utf8') };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The reference of the faults. */
export function faultsDocument(): Document {
  return { path: 'docs/faults.md', text: `${faultReference()}\n${faultScenarios()}` };
}

/** The strategies on the planted bugs, where they were measured. */
export function explorationDocuments(root: string): readonly Document[] {
  const path = 'docs/exploration.md';
  const measured = join(root, 'bench/exploration.json');
  if (!existsSync(measured)) return [];
  const text = withExplorationTable(readFileSync(join(root, path), 'utf8'), readFileSync(measured, 'utf8'));
  return [{ path, text }];
}

/** What the papers measured, where it was measured here. */
export function papersDocuments(root: string): readonly Document[] {
  const measured = join(root, 'bench/papers/papers.json');
  if (!existsSync(measured)) return [];
  const { text, pictures } = papersPages(readFileSync(measured, 'utf8'));
  return [
    { path: 'docs/papers.md', text },
    ...Object.entries(pictures).map(([name, picture]) => ({ path: `docs/images/${name}`, text: picture })),
  ];
}

/** How long Raft is without a working leader under partial connectivity, where it was measured. */
export function connectivityDocuments(root: string): readonly Document[] {
  const measured = join(root, 'bench/partial-connectivity.json');
  if (!existsSync(measured)) return [];
  return [{ path: 'docs/partial-connectivity.md', text: connectivityPage(readFileSync(measured, 'utf8')) }];
}

/** What the coordinators promise. */
export function promisesDocument(): Document {
  return { path: 'docs/coordinators.md', text: promisesPage() };
}

function run(root: string, program: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [join(root, program), ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
}

function main(): void {
  const root = process.cwd();
  for (const { path, text } of [
    faultsDocument(),
    simulationDocument(root),
    ...explorationDocuments(root),
    ...papersDocuments(root),
    ...connectivityDocuments(root),
    promisesDocument(),
    readmeDocument(root),
    ...pictureDocuments(root),
  ]) {
    const file = join(root, path);
    const isFresh = existsSync(file) && readFileSync(file, 'utf8') === text;
    if (!isFresh) writeFileSync(file, text);
    console.log(`${path} ${isFresh ? 'is as it was' : 'is written anew'}`);
  }
}

const entry = process.argv[1];
if (entry !== undefined && import.meta.url === pathToFileURL(entry).href) main();
