import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { measureCheckers } from './checkers.js';
import { comparePlacements, type PlacementFigures } from './placements.js';
import { measureGossip, measureScaling, measureSimulation, type Figure } from './simulation.js';
import { measureWorkers } from './workers.js';

type Tell = (what: string) => void;

const SECTIONS: Readonly<Record<string, (tell: Tell) => Promise<readonly Figure[]> | readonly Figure[]>> = {
  simulation: measureSimulation,
  scaling: measureScaling,
  workers: measureWorkers,
  gossip: measureGossip,
  checkers: measureCheckers,
};

const TITLES: Readonly<Record<string, string>> = {
  simulation: 'one core, fingerprint on',
  scaling: 'many nodes',
  workers: 'two cores',
  gossip: 'a large group',
  checkers: 'histories judged, one core',
};

const PLACEMENTS = 'placements';

async function measurePlacements(tell: Tell): Promise<readonly PlacementFigures[]> {
  const measured: PlacementFigures[] = [];
  for (const work of [0, 1_000, 3_000, 10_000, 30_000, 100_000]) {
    tell(`threads against inline, handlers of ${work} rounds`);
    measured.push(await comparePlacements(work, work > 50_000 ? 10 : 50));
  }
  return measured;
}

function written(value: number): string {
  return value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en-US');
}

function printFigures(title: string, figures: readonly Figure[]): void {
  const table = new Table({
    head: [title, 'figure', 'unit'],
    colAligns: ['left', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { name, value, unit } of figures) table.push([name, written(value), unit]);
  console.log(table.toString());
}

function printPlacements(placements: readonly PlacementFigures[]): void {
  const table = new Table({
    head: ['handler', 'inline', 'thread per node', 'speed-up', 'fingerprints'],
    colAligns: ['right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { handlerUs, inlineMs, threadsMs, isSameFingerprint } of placements) {
    const speedUp = (inlineMs / threadsMs).toFixed(2);
    const times = [`${written(inlineMs)} ms`, `${written(threadsMs)} ms`, speedUp];
    table.push([`${handlerUs.toFixed(1)} us`, ...times, isSameFingerprint ? 'equal' : 'DIFFERENT']);
  }
  console.log('Two nodes, one thread each, against both in one thread:');
  console.log(table.toString());
}

function sectionsAsked(positionals: readonly string[]): readonly string[] {
  const known = [...Object.keys(SECTIONS), PLACEMENTS];
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown === undefined) return positionals.length === 0 ? known : positionals;
  console.error(`bench: unknown section ${JSON.stringify(unknown)}; known are ${known.join(', ')}`);
  process.exit(2);
}

async function main(): Promise<void> {
  // It plants bugs and takes an hour or more, so it runs only where it is asked for.
  if (process.argv[2] === 'exploration') {
    const { benchExploration } = await import('./exploration.js');
    return benchExploration(process.argv.slice(3));
  }
  if (process.argv[2] === 'papers') {
    const { benchPapers } = await import('./papers/papers.js');
    return benchPapers(process.argv.slice(3));
  }
  if (process.argv[2] === 'connectivity') {
    const { benchConnectivity } = await import('./connectivity.js');
    return benchConnectivity(process.argv.slice(3));
  }
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const asked = sectionsAsked(positionals);
  const { isTTY } = process.stderr;
  const tell: Tell = (what) =>
    void process.stderr.write(isTTY ? `\x1b[2K\rmeasuring: ${what}` : `measuring: ${what}\n`);
  const clear = (): void => void process.stderr.write(isTTY ? '\x1b[2K\r' : '');
  const machine = { processor: cpus()[0]?.model ?? 'unknown processor', cores: cpus().length, node: process.version };
  if (!values.json) console.log(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}`);
  const figures: Record<string, readonly Figure[]> = {};
  for (const [name, measure] of Object.entries(SECTIONS)) {
    if (!asked.includes(name)) continue;
    const measured = await measure(tell);
    figures[name] = measured;
    clear();
    if (!values.json) printFigures(TITLES[name] ?? name, measured);
  }
  const placements = asked.includes(PLACEMENTS) ? await measurePlacements(tell) : [];
  clear();
  if (values.json) console.log(JSON.stringify({ version: 2, ...machine, figures, placements }, null, 2));
  else if (placements.length > 0) printPlacements(placements);
}

await main();
process.exit(0);
