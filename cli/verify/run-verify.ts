import { writeFileSync } from 'node:fs';
import { PlacedRun } from '../../sim/hunt/placed-run.js';
import { parseSeedRange } from '../../sim/hunt/seed-range.js';
import type { Placement } from '../../sim/run.js';
import { EXIT } from '../exit-code.js';
import { openScenario, type OpenedScenario } from '../open-scenario.js';
import { formatDuration, processOutput, renderTable } from '../output.js';
import { checkOutputFile } from '../output-path.js';
import { progressDisplay, type ProgressDisplay } from '../progress.js';
import type { VerifyFlags } from '../verify-flags.js';

/** Seeds from here on are the others, far from those that anybody hunts. */
const OTHERS_FROM = 1_000_000;

/** The fingerprints of one scenario: by way of running it, then by seed. */
interface Fingerprints {
  readonly scenario: string;
  readonly ways: readonly {
    readonly name: string;
    readonly bySeed: ReadonlyMap<number, string>;
    readonly wallMs: number;
  }[];
}

/** `orrery verify`; answers the exit code. */
export async function runVerify(names: readonly string[], flags: VerifyFlags): Promise<number> {
  checkOutputFile('--json', flags.json);
  const output = processOutput(flags.json === '-');
  const display = progressDisplay();
  const all: Fingerprints[] = [];
  for (const name of names) {
    const found = await fingerprintsOf(await openScenario(name), flags, display);
    display.clear();
    all.push(found);
    const rows = found.ways.map((way) => [
      way.name,
      String(way.bySeed.size),
      String(differences(found, way.bySeed).length),
      formatDuration(way.wallMs),
    ]);
    output.print(output.colours.bold(found.scenario));
    output.print(renderTable(output, ['way', 'seeds', 'different', 'time'], rows, [1, 2, 3]));
    for (const way of found.ways) {
      for (const seed of differences(found, way.bySeed))
        output.print(output.colours.red(`  seed ${seed} differs ${way.name}`));
    }
  }
  if (flags.json !== undefined) writeDocument(flags.json, all);
  const isEqual = all.every((found) => found.ways.every(({ bySeed }) => differences(found, bySeed).length === 0));
  return isEqual ? EXIT.fine : EXIT.nondeterminism;
}

async function fingerprintsOf(
  { name, reference }: OpenedScenario,
  flags: VerifyFlags,
  display: ProgressDisplay,
): Promise<Fingerprints> {
  const { first, last } = parseSeedRange(flags.seeds);
  const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const others = Array.from({ length: flags.others }, (_, index) => OTHERS_FROM + index);
  const ways: Fingerprints['ways'][number][] = [];
  const runAll = async (way: string, placement: Placement, which: readonly number[]): Promise<void> => {
    const startedMs = performance.now();
    const placed = await PlacedRun.load(reference, placement, false);
    const bySeed = new Map<number, string>();
    let simulatedMs = 0;
    for (const seed of which) {
      const { result } = await placed.run({ seed, params: reference.params }, {});
      simulatedMs += result.simulatedMs;
      bySeed.set(seed, result.fingerprint);
      display.show({ label: `${name} ${way}`, done: bySeed.size, wanted: which.length, failures: 0, simulatedMs });
    }
    if (which === seeds) ways.push({ name: way, bySeed, wallMs: performance.now() - startedMs });
  };
  await runAll('inline', { kind: 'inline' }, seeds);
  for (const threads of flags.threads) {
    const way =
      threads === 'per-node' ? 'with a thread for each node' : `with ${threads} thread${threads === 1 ? '' : 's'}`;
    await runAll(way, { kind: 'threads', threads }, seeds);
  }
  await runAll('inline, again', { kind: 'inline' }, seeds);
  if (others.length > 0) {
    await runAll('others', { kind: 'inline' }, others);
    await runAll(`inline, after ${others.length} others`, { kind: 'inline' }, seeds);
  }
  return { scenario: name, ways };
}

/** Seeds whose fingerprint is not the one of the first way. */
function differences({ ways }: Fingerprints, bySeed: ReadonlyMap<number, string>): readonly number[] {
  const expected = ways[0]?.bySeed;
  return [...bySeed].filter(([seed, fingerprint]) => expected?.get(seed) !== fingerprint).map(([seed]) => seed);
}

function writeDocument(file: string, all: readonly Fingerprints[]): void {
  const scenarios = all.map(({ scenario, ways }) => ({
    scenario,
    ways: ways.map(({ name, bySeed, wallMs }) => ({ name, wallMs, fingerprints: Object.fromEntries(bySeed) })),
  }));
  const document = `${JSON.stringify({ schemaVersion: 1, scenarios }, null, 1)}\n`;
  if (file === '-') process.stdout.write(document);
  else writeFileSync(file, document);
}
