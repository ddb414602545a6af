import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { Plain } from '../../runtime/data.js';
import { t, type Type } from '../../runtime/schema.js';
import { BadInputError } from '../artifact/bad-input.js';
import { readLimited } from '../artifact/limited-file.js';
import { fromJson, toJson } from '../artifact/plain-json.js';
import { StateDictionary } from './packed-states.js';
import type { SeedOutcome } from './seed-outcome.js';

const FORMAT = 'orrery-hunt';
const VERSION = 1;
/** A longer text cannot be held in memory. */
const BYTES_MAX = 500_000_000;
const SYNC_EVERY_MS = 2_000;

/** What decides the outcome of a hunt, by name: a hunt goes on only where all of it is the same. */
export type HuntIdentity = Readonly<Record<string, string>>;

const header = t.object({ format: t.oneOf(FORMAT), version: t.int, identity: t.record(t.string) });
const entry = t.object({
  scenario: t.string,
  outcome: t.object({
    run: t.plain as unknown as Type<SeedOutcome['run']>,
    details: t.optional(t.plain as unknown as Type<NonNullable<SeedOutcome['details']>>),
    states: t.optional(t.object({ fresh: t.string, known: t.string })),
  }),
});

/** An outcome as the file has it: states of many thousand runs are unpacked one run at a time. */
interface KnownOutcome {
  readonly outcome: SeedOutcome;
  readonly statesOf: (() => NonNullable<SeedOutcome['states']>) | undefined;
}

/**
 * What a hunt knows, in a file that it only ever adds to: a line for each seed, written as the seed ends and synced every few
 * seconds. Whatever ends the process, at most the seeds that were being run are lost; half a last line is recognised and cut off.
 */
export class HuntState {
  private syncedMs = performance.now();
  private isDirty = false;

  private constructor(
    private readonly descriptor: number,
    private readonly known: ReadonlyMap<string, readonly KnownOutcome[]>,
    private readonly dictionary: StateDictionary,
  ) {}

  /**
   * Goes on with the hunt in the file, or begins one where there is none.
   * @throws BadInputError where the file is another hunt's, or damaged.
   */
  static open(file: string, identity: HuntIdentity): HuntState {
    if (!existsSync(file)) begin(file, identity);
    const known = new Map<string, KnownOutcome[]>();
    const dictionary = new StateDictionary();
    const wholeBytes = readState(file, identity, dictionary, (scenario, outcome) => {
      const outcomes = known.get(scenario);
      if (outcomes === undefined) known.set(scenario, [outcome]);
      else outcomes.push(outcome);
    });
    const descriptor = openSync(file, 'r+');
    if (statSync(file).size > wholeBytes) ftruncateSync(descriptor, wholeBytes);
    closeSync(descriptor);
    return new HuntState(openSync(file, 'a'), known, dictionary);
  }

  /** Those that were known when the file was opened, in the order in which they were written. */
  *outcomesOf(scenario: string): Iterable<SeedOutcome> {
    for (const { outcome, statesOf } of this.known.get(scenario) ?? []) {
      yield statesOf === undefined ? outcome : { ...outcome, states: statesOf() };
    }
  }

  /** How many seeds were known when the file was opened. */
  get knownSeeds(): number {
    return [...this.known.values()].reduce((sum, outcomes) => sum + outcomes.length, 0);
  }

  add(scenario: string, outcomes: readonly SeedOutcome[]): void {
    if (outcomes.length === 0) return;
    const lines = outcomes.map(({ states, ...outcome }) => {
      const packed = states === undefined ? {} : { states: this.dictionary.pack(states) };
      return lineOf({ scenario, outcome: { ...outcome, ...packed } } as unknown as Plain);
    });
    writeSync(this.descriptor, lines.join(''));
    this.isDirty = true;
    if (performance.now() - this.syncedMs >= SYNC_EVERY_MS) this.flush();
  }

  /** All that was added is on the disk afterwards. */
  flush(): void {
    if (this.isDirty) fsyncSync(this.descriptor);
    this.isDirty = false;
    this.syncedMs = performance.now();
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }
}

function begin(file: string, identity: HuntIdentity): void {
  const unfinished = `${file}.${process.pid}.part`;
  writeFileSync(unfinished, lineOf({ format: FORMAT, version: VERSION, identity }));
  renameSync(unfinished, file);
}

function lineOf(value: Plain): string {
  return `${JSON.stringify(toJson(value))}\n`;
}

/** Reads all whole lines; answers how many bytes they are. */
function readState(
  file: string,
  identity: HuntIdentity,
  dictionary: StateDictionary,
  take: (scenario: string, outcome: KnownOutcome) => void,
): number {
  const text = readLimited(file, BYTES_MAX);
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  lines.pop();
  checkHeader(file, lines[0], identity);
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    const { scenario, outcome } = parseLine(file, index + 1, line, entry);
    const { seed, verdict } = outcome.run as Partial<SeedOutcome['run']>;
    if (!Number.isSafeInteger(seed) || typeof verdict !== 'string')
      throw damaged(file, index + 1, 'this is no outcome');
    const { states, ...rest } = outcome;
    const statesOf = states === undefined ? undefined : dictionary.read(states);
    if (states !== undefined && statesOf === undefined) throw damaged(file, index + 1, 'these are no states');
    take(scenario, { outcome: rest, statesOf });
  }
  return Buffer.byteLength(lines.join('\n')) + 1;
}

function checkHeader(file: string, line: string | undefined, identity: HuntIdentity): void {
  const found = parseLine(file, 1, line ?? '', header);
  if (found.version !== VERSION) throw damaged(file, 1, `version ${found.version} is not known here (only ${VERSION})`);
  for (const name of new Set([...Object.keys(identity), ...Object.keys(found.identity)])) {
    const [then, now] = [found.identity[name] ?? 'absent', identity[name] ?? 'absent'];
    if (then === now) continue;
    throw new BadInputError(
      `${file}: this hunt was begun with ${name} ${then}, and it is ${now} now; go on as it was begun, or give another file`,
    );
  }
}

function parseLine<T>(file: string, number: number, line: string, type: Type<T>): T {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch (error) {
    throw damaged(file, number, (error as Error).message);
  }
  const decoded = fromJson(data);
  const fault = 'fault' in decoded ? decoded.fault : type.check(decoded.value, '$');
  if (fault !== undefined) throw damaged(file, number, fault);
  return (decoded as { value: unknown }).value as T;
}

function damaged(file: string, line: number, why: string): BadInputError {
  return new BadInputError(`${file}: line ${line}: ${why}; it is no state of a hunt, or damaged: give another file`);
}
