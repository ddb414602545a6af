import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Plain } from '../../runtime/data.js';
import { t, type Type } from '../../runtime/schema.js';
import type { FaultPlan } from '../faults/plan.js';
import { findPlanFault } from '../faults/validate-plan.js';
import { findArrivalPlanFault, type ArrivalPlan } from '../network/arrival-plan.js';
import type { Violation } from '../properties/property.js';
import type { Setup } from '../setup.js';
import type { RunDigest } from '../trace/run-digest.js';
import { BadInputError } from './bad-input.js';
import { readLimited } from './limited-file.js';
import { fromJson, toJson } from './plain-json.js';
import { count, durationMs, runDigest, setup, violations } from './run-schema.js';

const FORMAT = 'orrery-artifact';
const VERSION = 2;
/** Older ones are read as well: what they lack is optional. */
const VERSION_LEAST = 1;
/** An artifact holds one setup and one plan; nothing legitimate comes near. */
const BYTES_MAX = 64 * 1024 * 1024;

/** Where the scenario of an artifact is found again. */
export type ScenarioOrigin =
  | { readonly kind: 'built-in'; readonly name: string }
  /** `file` is relative to the folder of the artifact, with `/`; `hash` is that of the sources that it was made of. */
  | { readonly kind: 'file'; readonly file: string; readonly export: string; readonly hash: string };

/** All that is needed to carry out a failed run again and to tell whether it came out the same. */
export interface Artifact {
  readonly scenario: { readonly name: string; readonly origin: ScenarioOrigin; readonly params: Plain };
  readonly seed: number;
  /** As given on the command line; it changes no trace. */
  readonly placement: string;
  readonly fingerprint: string;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly violations: readonly Violation[];
  /** What made the run unrepeatable, where it was. */
  readonly nondeterminism?: string;
  readonly reached: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly setup: Setup;
  readonly plan: FaultPlan;
  /** When messages arrive, where more than the scenario's latencies decided it. */
  readonly arrivals?: ArrivalPlan;
  /** The run ends here, before the end of its scenario. */
  readonly cutAtMs?: number;
  /** What tells at which step a later run parts from this one. */
  readonly digest?: RunDigest;
  /** Where this run was made small: what it was made of. */
  readonly minimised?: MinimisedFrom;
  /** Where it is kept so that what it once broke stays mended. */
  readonly regression?: Regression;
  readonly madeBy: MadeBy;
}

/** The run as it was found, and what it took to make it small. */
export interface MinimisedFrom {
  readonly original: OriginalRun;
  /** The property that both violate. */
  readonly property: string;
  readonly runs: number;
  /** Nothing more can be left out; otherwise the budget was spent before that was known. */
  readonly isMinimal: boolean;
}

/** What a run can be carried out again by, with what it came to. */
export type OriginalRun = Pick<
  Artifact,
  | 'seed'
  | 'fingerprint'
  | 'steps'
  | 'simulatedMs'
  | 'violations'
  | 'setup'
  | 'plan'
  | 'faults'
  | 'arrivals'
  | 'cutAtMs'
  | 'digest'
>;

export interface Regression {
  readonly name: string;
  /** What was wrong, for people. */
  readonly broke: string;
  /** The bug of the planted corpus that was found so, where it was one: a build with it fails here. */
  readonly planted?: string;
}

/** What else can change the outcome of a seed. */
export interface MadeBy {
  readonly orrery: string;
  readonly node: string;
  readonly zoneData: string;
  /** Hash of all code of the package that decides anything in a run. */
  readonly build: string;
}

const runFields = {
  seed: count,
  fingerprint: t.string,
  steps: count,
  simulatedMs: durationMs,
  violations,
  faults: t.record(count),
  setup,
  // Judged as a whole afterwards, against the setup.
  plan: t.plain as unknown as Type<FaultPlan>,
  arrivals: t.optional(t.plain as unknown as Type<ArrivalPlan>),
  cutAtMs: t.optional(durationMs),
  digest: t.optional(runDigest),
};

const minimisedFrom = t.object({ original: t.object(runFields), property: t.string, runs: count, isMinimal: t.bool });
const regression = t.object({ name: t.string, broke: t.string, planted: t.optional(t.string) });

const document: Type<Artifact & { format: string; version: number; checksum: string }> = t.object({
  format: t.oneOf(FORMAT),
  version: t.int,
  checksum: t.string,
  scenario: t.object({
    name: t.string,
    origin: t.variants({ 'built-in': { name: t.string }, file: { file: t.string, export: t.string, hash: t.string } }),
    params: t.plain,
  }),
  ...runFields,
  placement: t.string,
  nondeterminism: t.optional(t.string),
  reached: t.record(count),
  minimised: t.optional(minimisedFrom),
  regression: t.optional(regression),
  madeBy: t.object({ orrery: t.string, node: t.string, zoneData: t.string, build: t.string }),
}) as Type<Artifact & { format: string; version: number; checksum: string }>;

/** The text of an artifact file: JSON whose checksum covers every byte of it. */
export function formatArtifact(artifact: Artifact): string {
  const unsigned = { format: FORMAT, version: VERSION, checksum: NO_CHECKSUM, ...artifact };
  const text = `${JSON.stringify(toJson(unsigned as unknown as Plain), null, 2)}\n`;
  return text.replace(NO_CHECKSUM, checksumOf(text));
}

const NO_CHECKSUM = '0'.repeat(64);

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Writes the file whole or not at all. */
export function writeArtifact(file: string, artifact: Artifact): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}.part`;
  writeFileSync(unfinished, formatArtifact(artifact));
  renameSync(unfinished, file);
}

/**
 * Reads and judges an artifact.
 * @throws BadInputError naming the file, the field and the remedy.
 */
export function readArtifact(file: string): Artifact {
  return parseArtifact(readLimited(file, BYTES_MAX), file);
}

/** @throws BadInputError; `name` stands for the text in its messages. */
export function parseArtifact(text: string, name: string): Artifact {
  const data = parseJson(text, name);
  const kind = data as { format?: unknown; version?: unknown } | null;
  if (kind?.format !== FORMAT) {
    throw new BadInputError(
      `${name}: $.format: this is no artifact of orrery; \`orrery hunt\` writes one where a seed fails`,
    );
  }
  if (!Number.isInteger(kind.version) || Number(kind.version) < VERSION_LEAST || Number(kind.version) > VERSION) {
    throw new BadInputError(
      `${name}: $.version: version ${JSON.stringify(kind.version)} is not known here (only ${VERSION_LEAST} to ${VERSION}); use the orrery that wrote it`,
    );
  }
  const decoded = fromJson(data);
  const fault =
    'fault' in decoded ? decoded.fault : (document.check(decoded.value, '$') ?? findInconsistency(decoded.value));
  if (fault !== undefined) throw new BadInputError(`${name}: ${fault}; ${REMEDY}`);
  const { format, version, checksum, ...artifact } = (decoded as unknown as { value: Artifact & Header }).value;
  void format;
  void version;
  if (checksumOf(text.replace(checksum, NO_CHECKSUM)) !== checksum) {
    throw new BadInputError(`${name}: $.checksum: the file was changed after it was written; ${REMEDY}`);
  }
  return artifact;
}

interface Header {
  readonly format: string;
  readonly version: number;
  readonly checksum: string;
}

const REMEDY = 'take an undamaged copy, or find the failure again with `orrery replay SCENARIO --seed N`';

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadInputError(`${name}: not JSON: ${(error as Error).message}; ${REMEDY}`);
  }
}

function findInconsistency(value: unknown): string | undefined {
  const artifact = value as Artifact;
  if (!FINGERPRINT.test(artifact.fingerprint)) return '$.fingerprint: expected 16 hexadecimal digits';
  const { plan, arrivals, setup: ofRun } = artifact;
  // Whether its latencies are long enough for the scenario shows when a run begins.
  const fault =
    findPlanFault(plan, ofRun) ?? (arrivals === undefined ? undefined : findArrivalPlanFault(arrivals, ofRun, 1));
  if (fault !== undefined) return `$.${fault}`;
  return artifact.minimised === undefined ? undefined : findOriginalFault(artifact.minimised.original);
}

function findOriginalFault({ plan, setup: ofRun, fingerprint }: OriginalRun): string | undefined {
  const place = '$.minimised.original';
  if (!FINGERPRINT.test(fingerprint)) return `${place}.fingerprint: expected 16 hexadecimal digits`;
  const fault = findPlanFault(plan, ofRun);
  return fault === undefined ? undefined : `${place}.${fault}`;
}

const FINGERPRINT = /^[0-9a-f]{16}$/;
