import { execFile } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readLimited } from '../../sim/artifact/limited-file.js';
import { countSeeds, parseSeedRange, type SeedRange } from '../../sim/hunt/seed-range.js';
import { parseShard, shardRange } from '../../sim/hunt/shard.js';
import { BUILT_IN_NAMES } from '../built-in-scenarios.js';
import { EXIT } from '../exit-code.js';
import { interruptible } from '../interruptible.js';
import { madeByThis } from '../made-by.js';
import { formatDuration, processOutput, renderTable, type Output } from '../output.js';
import { checkOutputFile } from '../output-path.js';
import { progressDisplay } from '../progress.js';
import { UsageError } from '../usage-error.js';
import type { VerifyFlags } from '../verify-flags.js';
import { differenceOf } from './compared-run.js';
import { askVersions, fetchNodes, type NodeProgram } from './node-programs.js';

/** So many seeds go to one process: what is lost by an interruption, against what it costs to begin. */
const SEEDS_PER_CHUNK = 10;
const CHUNK_TIMEOUT_MS = 3_600_000;
const run = promisify(execFile);

const verifyDocument = z.object({
  scenarios: z.array(
    z.object({
      ways: z.array(
        z.object({
          name: z.string(),
          fingerprints: z.record(z.string(), z.string()),
          violations: z.record(z.string(), z.string()),
        }),
      ),
    }),
  ),
});

/**
 * What one process found: fingerprints by way, then by seed; and what failed, of seeds that failed. States of earlier versions do not tell what
 * failed: of them only fingerprints are compared.
 */
const chunkResult = z.object({
  chunk: z.string(),
  wallMs: z.number(),
  ways: z.record(z.string(), z.record(z.string(), z.string())),
  violations: z.record(z.string(), z.record(z.string(), z.string())).optional(),
});
type ChunkResult = z.infer<typeof chunkResult>;

interface Chunk {
  readonly scenario: string;
  readonly seeds: SeedRange;
  readonly node: NodeProgram;
}

/** `orrery verify --matrix`; answers the exit code. */
export async function runMatrix(names: readonly string[], flags: VerifyFlags): Promise<number> {
  checkOutputFile('--json', flags.json);
  checkOutputFile('--resume', flags.resume);
  if (flags.fetch === true && flags.nodes !== undefined) throw new UsageError('give --nodes or --fetch, not both');
  const paths = flags.fetch === true ? await fetchNodes() : (flags.nodes ?? [process.execPath]);
  const nodes = await askVersions(paths);
  const all = parseSeedRange(flags.seeds);
  const seeds = flags.shard === undefined ? all : shardRange(all, parseShard(flags.shard));
  const scenarios = names.length === 0 ? BUILT_IN_NAMES : names;
  const output = processOutput(flags.json === '-');
  const startedMs = performance.now();
  const chunks = scenarios.flatMap((scenario) => chunksOf(scenario, seeds, nodes));
  const { isWhole, results } = await interruptible((signal) => runChunks(chunks, flags, signal));
  const summaries = scenarios.map((scenario) => summarise(scenario, chunks, results));
  print(output, summaries);
  const cells = summaries.reduce((sum, { compared }) => sum + compared, 0);
  const different = summaries.reduce((sum, summary) => sum + summary.different.length, 0);
  const versions = nodes.map(({ version }) => version).join(', ');
  output.print(
    `${cells} runs compared on Node ${versions}, ${different} different, ${formatDuration(performance.now() - startedMs)}`,
  );
  if (!isWhole) output.print('interrupted: this is what was known by then');
  if (flags.json !== undefined) {
    const document = {
      schemaVersion: 1,
      seeds,
      nodes: nodes.map(({ version }) => version),
      isWhole,
      scenarios: summaries,
    };
    const text = `${JSON.stringify(document, null, 1)}\n`;
    if (flags.json === '-') process.stdout.write(text);
    else writeFileSync(flags.json, text);
  }
  if (different > 0) return EXIT.nondeterminism;
  return isWhole ? EXIT.fine : EXIT.interrupted;
}

function chunksOf(scenario: string, { first, last }: SeedRange, nodes: readonly NodeProgram[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = first; from <= last; from += SEEDS_PER_CHUNK) {
    const seeds = { first: from, last: Math.min(last, from + SEEDS_PER_CHUNK - 1) };
    for (const node of nodes) chunks.push({ scenario, seeds, node });
  }
  return chunks;
}

/** The same for the same work, whoever does it and wherever its program of Node is installed. */
function keyOf({ scenario, seeds, node }: Chunk, flags: VerifyFlags, build: string): string {
  const how = `threads ${flags.threads.join(',')}, ${flags.simS === undefined ? 'as long as it is' : `${flags.simS} s`}`;
  return `${scenario} ${seeds.first}..${seeds.last} on Node ${node.version}, ${how}, build ${build}`;
}

async function runChunks(
  chunks: readonly Chunk[],
  flags: VerifyFlags,
  signal: AbortSignal,
): Promise<{ readonly isWhole: boolean; readonly results: ReadonlyMap<Chunk, ChunkResult> }> {
  const display = progressDisplay();
  const { build } = madeByThis();
  const known = knownResults(flags.resume);
  const state = flags.resume === undefined ? undefined : openSync(flags.resume, 'a');
  const results = new Map<Chunk, ChunkResult>();
  const wanted = chunks.reduce((sum, { seeds }) => sum + countSeeds(seeds), 0);
  let done = 0;
  try {
    for (const chunk of chunks) {
      if (signal.aborted) break;
      const key = keyOf(chunk, flags, build);
      const before = known.get(key);
      const result = before ?? (await runChunk(chunk, key, flags, signal));
      if (result === undefined) break;
      if (before === undefined && state !== undefined) {
        // On a line of its own, also after one that was cut off.
        writeSync(state, `\n${JSON.stringify(result)}\n`);
        fsyncSync(state);
      }
      results.set(chunk, result);
      done += countSeeds(chunk.seeds);
      const label = `${chunk.scenario} on Node ${chunk.node.version}`;
      display.show({ label, done, wanted, failures: 0, simulatedMs: 0 });
    }
  } finally {
    display.clear();
    if (state !== undefined) closeSync(state);
  }
  return { isWhole: results.size === chunks.length, results };
}

/** Whole lines only: the last one may have been cut off by whatever ended the process, and its work is done again. */
function knownResults(file: string | undefined): ReadonlyMap<string, ChunkResult> {
  if (file === undefined || !existsSync(file)) return new Map();
  const known = new Map<string, ChunkResult>();
  for (const line of readLimited(file, 500_000_000).split('\n')) {
    try {
      const result = chunkResult.parse(JSON.parse(line));
      known.set(result.chunk, result);
    } catch {
      continue;
    }
  }
  return known;
}

async function runChunk(
  { scenario, seeds, node }: Chunk,
  key: string,
  flags: VerifyFlags,
  signal: AbortSignal,
): Promise<ChunkResult | undefined> {
  const startedMs = performance.now();
  const threads = flags.threads.map((count) => (count === 'per-node' ? 'node' : String(count))).join(',') || 'none';
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const args = ['verify', scenario, '--seeds', `${seeds.first}..${seeds.last}`, '--threads', threads];
  const simS = flags.simS === undefined ? [] : ['--sim-s', String(flags.simS)];
  const more = [...simS, '--others', '0', '--alone', '0', '--json', '-'];
  const options = { timeout: CHUNK_TIMEOUT_MS, maxBuffer: 1 << 28, signal };
  try {
    const { stdout } = await run(node.path, [main, ...args, ...more], options).catch((error: unknown) => {
      // Whoever finds a difference ends with 3, and has written all the same.
      const { code, stdout: written } = error as { code?: unknown; stdout?: string };
      if (code === EXIT.nondeterminism && written !== undefined) return { stdout: written };
      throw error;
    });
    const [found] = verifyDocument.parse(JSON.parse(stdout)).scenarios;
    const ways = Object.fromEntries((found?.ways ?? []).map(({ name, fingerprints }) => [name, fingerprints]));
    const violations = Object.fromEntries((found?.ways ?? []).map((way) => [way.name, way.violations]));
    return { chunk: key, wallMs: performance.now() - startedMs, ways, violations };
  } catch (error) {
    if (signal.aborted) return undefined;
    throw new Error(`${key}: ${(error as Error).message.slice(0, 2_000)}`, { cause: error });
  }
}

interface Summary {
  readonly scenario: string;
  readonly seeds: number;
  readonly compared: number;
  readonly wallMs: number;
  /** `seed S on Node V, way`, each with its fingerprint and the one that it should have. */
  readonly different: readonly string[];
}

/** Every run of a seed is held against the first one of which as much is known. */
function summarise(scenario: string, chunks: readonly Chunk[], results: ReadonlyMap<Chunk, ChunkResult>): Summary {
  const expected = new Map<string, string>();
  const failures = new Map<string, string>();
  const different: string[] = [];
  let compared = 0;
  let wallMs = 0;
  for (const chunk of chunks) {
    const result = chunk.scenario === scenario ? results.get(chunk) : undefined;
    if (result === undefined) continue;
    wallMs += result.wallMs;
    for (const [way, fingerprints] of Object.entries(result.ways)) {
      for (const [seed, fingerprint] of Object.entries(fingerprints)) {
        compared++;
        const failed = result.violations === undefined ? undefined : (result.violations[way]?.[seed] ?? '');
        if (failed !== undefined && !failures.has(seed)) failures.set(seed, failed);
        const known = failed === undefined ? '' : failures.get(seed)!;
        const first = expected.get(seed) ?? fingerprint;
        expected.set(seed, first);
        const difference = differenceOf(
          { fingerprint, violations: failed ?? '' },
          { fingerprint: first, violations: known },
        );
        if (difference === undefined) continue;
        different.push(`seed ${seed} on Node ${chunk.node.version}, ${way}: ${difference}`);
      }
    }
  }
  return { scenario, seeds: expected.size, compared, wallMs, different };
}

function print(output: Output, summaries: readonly Summary[]): void {
  const rows = summaries.map(({ scenario, seeds, compared, different, wallMs }) => [
    ...[scenario, String(seeds), String(compared), String(different.length), formatDuration(wallMs)],
  ]);
  output.print(renderTable(output, ['scenario', 'seeds', 'runs', 'different', 'time'], rows, [1, 2, 3, 4]));
  for (const { scenario, different } of summaries) {
    for (const line of different.slice(0, 50)) output.print(output.colours.red(`  ${scenario}: ${line}`));
  }
}
