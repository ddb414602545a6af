import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readSource, valueOf } from '../../scheduler/service/files/source-text.js';
import { issueMessage, unknownFieldMessage } from '../../scheduler/service/files/issue-message.js';
import { UsageError } from '../usage-error.js';

/** A replacement in one source file. */
const mutation = z.strictObject({
  /** Unique in the corpus. */
  name: z.string().regex(/^[a-z0-9-]{3,80}$/),
  /** Source file, from the project's root. */
  file: z.string().regex(/^(runtime|protocols|scheduler|sim|props)\/[A-Za-z0-9_./-]+\.ts$/),
  /** Text that the file contains exactly once. */
  find: z.string().min(1),
  replace: z.string(),
  /** Where such a bug was seen, or what rule it breaks. */
  source: z.string().min(1),
});

const plantedBug = z.strictObject({
  ...mutation.shape,
  /** The property that must fail. */
  expects: z.string().min(1),
  /** The built-in scenario that is hunted. */
  scenario: z.string().min(1),
  /** The faults of the smallest plan known that finds it. */
  leastFaults: z.int().min(0).max(1000).optional(),
});

const simulatorBug = z.strictObject({
  ...mutation.shape,
  /** A part of the full name of the test that must fail. */
  expects: z.string().min(1),
  /** The file of that test, from the project's root; one that needs no build. */
  test: z.string().regex(/^(runtime|sim)\/[A-Za-z0-9_./-]+\.test\.ts$/),
});

const FILE_BYTES_MAX = 4 * 1024 * 1024;

const FORMS: Readonly<Record<string, string>> = {
  name: '3 to 80 small letters, digits and "-"',
  file: 'a .ts file under runtime, protocols, scheduler, sim or props, from the root of the project',
  test: 'a .test.ts file under runtime or sim, from the root of the project',
};

export type Mutation = z.infer<typeof mutation>;

/** A bug as data: a replacement in one source file, and the property that notices it. */
export type PlantedBug = z.infer<typeof plantedBug>;

/** A broken simulator as data: a replacement in one of its files, and the test that notices it. */
export type SimulatorBug = z.infer<typeof simulatorBug>;

/** Reads corpus files; every fault is named with its file and entry. */
export function readCorpus(files: readonly string[]): readonly PlantedBug[] {
  return readEntries(files, plantedBug);
}

/** As `readCorpus`, for files like props/planted/simulator.json. */
export function readSimulatorCorpus(files: readonly string[]): readonly SimulatorBug[] {
  return readEntries(files, simulatorBug);
}

type EntryShape = typeof plantedBug | typeof simulatorBug;

function readEntries<S extends EntryShape>(files: readonly string[], shape: S): readonly z.infer<S>[] {
  const bugs = files.flatMap((file) => readCorpusFile(file, shape));
  const names = new Set<string>();
  for (const { name } of bugs) {
    if (names.has(name)) throw new UsageError(`planted bug ${name} stands twice in the corpus; give each its own name`);
    names.add(name);
  }
  return bugs;
}

function readCorpusFile<S extends EntryShape>(file: string, shape: S): readonly z.infer<S>[] {
  const data = valueOf(file, readSource(file, FILE_BYTES_MAX));
  const parsed = z.array(shape).safeParse(data);
  if (parsed.success && parsed.data.length === 0) throw new UsageError(`${file}: holds no bug; give at least one`);
  if (parsed.success) return parsed.data;
  if (!Array.isArray(data)) {
    const fields = Object.keys(shape.shape).filter((name) => name !== 'leastFaults');
    throw new UsageError(`${file}: expected a list of bugs, [{ ${fields.join(', ')} }]`);
  }
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw new TypeError('what was refused has an issue');
  throw new UsageError(`${file}: ${faultOfEntry(issue, data, Object.keys(shape.shape))}`);
}

/** What is wrong with one entry: its place in the list, the field, and what may stand there. */
function faultOfEntry(issue: z.core.$ZodIssue, entries: readonly unknown[], fields: readonly string[]): string {
  const [index, field] = issue.path;
  const place = [`entry ${String(index)}`, ...(field === undefined ? [] : [String(field)])].join(': ');
  if (issue.code === 'unrecognized_keys') {
    return `${place}: ${unknownFieldMessage(String(issue.keys[0]), fields)}`;
  }
  const entry = entries[Number(index)];
  const found = field === undefined ? entry : (entry as Readonly<Record<string, unknown>>)[String(field)];
  return `${place}: ${issueMessage(issue, { found, form: FORMS[String(field)] })}`;
}

const SIMULATOR_CORPUS = 'simulator.json';

/** The broken simulators that belong to the project. */
export function simulatorCorpusUnder(projectRoot: string): string {
  return join(projectRoot, 'props/planted', SIMULATOR_CORPUS);
}

/** The bugs of the product that belong to the project. */
export function corpusFilesUnder(projectRoot: string): readonly string[] {
  const folder = join(projectRoot, 'props/planted');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== SIMULATOR_CORPUS)
    .sort()
    .map((name) => join(folder, name));
}

/** The source text with the bug in it. */
export function plant(bug: Mutation, sourceText: string): string {
  const first = sourceText.indexOf(bug.find);
  if (first < 0)
    throw new UsageError(`planted bug ${bug.name}: ${bug.file} no longer contains its text; mend the entry`);
  if (sourceText.indexOf(bug.find, first + 1) >= 0) {
    throw new UsageError(`planted bug ${bug.name}: its text stands more than once in ${bug.file}; make it longer`);
  }
  return sourceText.slice(0, first) + bug.replace + sourceText.slice(first + bug.find.length);
}
