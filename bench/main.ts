import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { raftScenario } from '../props/scenarios/raft.js';
import { schedulerRaftScenario } from '../props/scenarios/scheduler.js';
import { lastingAMinute, measureSeeds, type Measured } from './measure.js';
import { comparePlacements, type PlacementFigures } from './placements.js';
import { busyRaft, idleRaft } from './scenarios/raft.js';
import { toyScenario } from './scenarios/toy.js';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const MEASURE_MS = 4_000;

const simulatedSecondsPerSecond = ({ simulatedMs, wallMs }: Measured): number => simulatedMs / wallMs;
const seedsPerMinute = ({ runs, wallMs }: Measured): number => runs / (wallMs / 60_000);
const stepsPerSecond = ({ steps, wallMs }: Measured): number => steps / (wallMs / 1000);

/** Everything on one core, in this one process, one after the other; the fingerprint is on throughout. */
function simulationFigures(tell: (what: string) => void): readonly Figure[] {
  const figures: Figure[] = [];
  const measure = (name: string, unit: string, run: () => number): void => {
    tell(name);
    figures.push({ name, value: run(), unit });
  };
  measure('toy: five nodes pass messages', 'events/s', () => stepsPerSecond(measureSeeds(toyScenario, MEASURE_MS)));
  measure('five Raft nodes, idle', 'simulated s/s', () =>
    simulatedSecondsPerSecond(measureSeeds(idleRaft, MEASURE_MS)),
  );
  measure('five Raft nodes, clients and swarm faults', 'simulated s/s', () =>
    simulatedSecondsPerSecond(measureSeeds(busyRaft, MEASURE_MS)),
  );
  measure('raft, 60 simulated s a seed', 'seeds/min', () =>
    seedsPerMinute(measureSeeds(lastingAMinute(raftScenario), MEASURE_MS)),
  );
  measure('scheduler-raft, 60 simulated s a seed', 'seeds/min', () =>
    seedsPerMinute(measureSeeds(lastingAMinute(schedulerRaftScenario), MEASURE_MS)),
  );
  return figures;
}

async function placementFigures(tell: (what: string) => void): Promise<readonly PlacementFigures[]> {
  const measured: PlacementFigures[] = [];
  for (const work of [0, 3_000, 100_000]) {
    tell(`threads against inline, handlers of ${work} rounds`);
    measured.push(await comparePlacements(work, work > 50_000 ? 10 : 50));
  }
  return measured;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function printTables(figures: readonly Figure[], placements: readonly PlacementFigures[]): void {
  const simulation = new Table({
    head: ['one core, fingerprint on', 'figure', 'unit'],
    colAligns: ['left', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { name, value, unit } of figures) simulation.push([name, grouped(value), unit]);
  const head = ['handler', 'inline', 'thread per node', 'speed-up', 'fingerprints'];
  const threads = new Table({
    head,
    colAligns: ['right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { handlerUs, inlineMs, threadsMs, isSameFingerprint } of placements) {
    const speedUp = (inlineMs / threadsMs).toFixed(2);
    threads.push([
      `${handlerUs.toFixed(1)} us`,
      `${grouped(inlineMs)} ms`,
      `${grouped(threadsMs)} ms`,
      speedUp,
      isSameFingerprint ? 'equal' : 'DIFFERENT',
    ]);
  }
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
  console.log(simulation.toString());
  console.log('Two nodes, one thread each, against both in one thread:');
  console.log(threads.toString());
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const tell = (what: string): void =>
    void process.stderr.write(process.stderr.isTTY ? `\x1b[2K\rmeasuring: ${what}` : '');
  const figures = simulationFigures(tell);
  const placements = await placementFigures(tell);
  if (process.stderr.isTTY) process.stderr.write('\x1b[2K\r');
  if (values.json)
    console.log(
      JSON.stringify({ version: 1, node: process.version, processor: cpus()[0]?.model, figures, placements }, null, 2),
    );
  else printTables(figures, placements);
}

await main();
process.exit(0);
