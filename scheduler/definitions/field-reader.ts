import type { Plain } from '../../runtime/data.js';
import { DURATION_FORM, formatDuration, parseDurationMs } from './duration.js';
import { LIMITS } from './limits.js';
import type { DefinitionFault, Position, SourceEntry, SourceNode } from './source.js';
import { nearest } from './suggest.js';

/** A field that was found: its value and its path. */
export interface Field {
  readonly node: SourceNode;
  readonly path: string;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads fields of a source document and collects every fault. A reader of a broken field answers its fallback, so that
 * the rest is still read and all faults are told at once.
 */
export class FieldReader {
  readonly faults: DefinitionFault[] = [];

  constructor(private readonly file: string) {}

  fault(at: Position, field: string, message: string): void {
    if (this.faults.length >= LIMITS.faultsReported) return;
    this.faults.push({ file: this.file, line: at.line, column: at.column, field, message });
  }

  /** The fields of a map by name; faults where it is none, where a field is not one of `known` or stands twice. */
  map(field: Field, known: readonly string[]): ReadonlyMap<string, Field> {
    const found = new Map<string, Field>();
    const { node, path } = field;
    if (node.kind !== 'map') {
      this.fault(node.at, path, `expected fields (${known.join(', ')}), found ${describe(node)}`);
      return found;
    }
    for (const entry of node.entries) this.takeEntry(found, entry, path, known);
    return found;
  }

  private takeEntry(found: Map<string, Field>, entry: SourceEntry, path: string, known: readonly string[]): void {
    const entryPath = path === '' ? entry.key : `${path}.${entry.key}`;
    if (!known.includes(entry.key)) {
      const meant = nearest(entry.key, known);
      const remedy = meant === undefined ? `use one of ${known.join(', ')}` : `did you mean "${meant}"?`;
      return this.fault(entry.keyAt, entryPath, `unknown field "${entry.key}"; ${remedy}`);
    }
    if (found.has(entry.key)) return this.fault(entry.keyAt, entryPath, 'stands here twice; keep one of the two');
    found.set(entry.key, { node: entry.value, path: entryPath });
  }

  /** The field, or a fault at its owner that it is missing and what to write. */
  required(owner: Field, fields: ReadonlyMap<string, Field>, name: string, remedy: string): Field | undefined {
    const field = fields.get(name);
    if (field === undefined && owner.node.kind === 'map') {
      this.fault(owner.node.at, owner.path, `"${name}" is missing; ${remedy}`);
    }
    return field;
  }

  text(field: Field | undefined, fallback: string, longest: number): string {
    if (field === undefined) return fallback;
    const { node, path } = field;
    if (node.kind !== 'scalar' || typeof node.value !== 'string') {
      this.fault(node.at, path, `expected a text, found ${describe(node)}${quoteHint(node)}`);
      return fallback;
    }
    if (node.value.length > longest) {
      this.fault(node.at, path, `is ${node.value.length} characters long; at most ${longest} are allowed`);
      return fallback;
    }
    if (!node.value.isWellFormed()) {
      this.fault(node.at, path, 'holds half a surrogate pair; write the character whole');
      return fallback;
    }
    return node.value;
  }

  oneOf<const V extends readonly string[]>(field: Field | undefined, values: V, fallback: V[number]): V[number] {
    if (field === undefined) return fallback;
    const text = this.text(field, '', LIMITS.idLength);
    if (text === '' || values.includes(text)) return text === '' ? fallback : text;
    const meant = nearest(text, values);
    const remedy = meant === undefined ? '' : `; did you mean "${meant}"?`;
    this.fault(field.node.at, field.path, `"${text}" is not one of ${values.join(', ')}${remedy}`);
    return fallback;
  }

  integer(field: Field | undefined, fallback: number, { min, max }: Range): number {
    if (field === undefined) return fallback;
    const { node, path } = field;
    if (node.kind !== 'scalar' || typeof node.value !== 'number' || !Number.isSafeInteger(node.value)) {
      this.fault(node.at, path, `expected a whole number from ${min} to ${max}, found ${describe(node)}`);
      return fallback;
    }
    // -0 is no plain data; as a number of something it is 0.
    const value = node.value === 0 ? 0 : node.value;
    if (value >= min && value <= max) return value;
    this.fault(node.at, path, `${value} is out of range; allowed is ${min} to ${max}`);
    return fallback;
  }

  boolean(field: Field | undefined, fallback: boolean): boolean {
    if (field === undefined) return fallback;
    const { node, path } = field;
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
    this.fault(node.at, path, `expected true or false, found ${describe(node)}`);
    return fallback;
  }

  durationMs(field: Field | undefined, fallback: number, range: Range): number {
    if (field === undefined) return fallback;
    const { node, path } = field;
    const durationMs =
      node.kind === 'scalar' && typeof node.value === 'string' ? parseDurationMs(node.value) : undefined;
    if (durationMs === undefined) {
      this.fault(node.at, path, `${describe(node)} is not a duration; write ${DURATION_FORM}`);
      return fallback;
    }
    if (durationMs >= range.min && durationMs <= range.max) return durationMs;
    const allowed = `${formatDuration(range.min)} to ${formatDuration(range.max)}`;
    this.fault(node.at, path, `${describe(node)} is out of range; allowed is ${allowed}`);
    return fallback;
  }

  /** Any data, within limits of depth and size. */
  plain(field: Field | undefined): Plain {
    if (field === undefined) return null;
    const budget = { values: LIMITS.inputValues };
    const value = toPlain(field.node, LIMITS.inputDepth, budget);
    if (value !== undefined) return value;
    const limits = `${LIMITS.inputDepth} levels and ${LIMITS.inputValues} values`;
    this.fault(field.node.at, field.path, `is not plain data within ${limits}; make it smaller, numbers finite`);
    return null;
  }
}

export function describe(node: SourceNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a map of fields';
  if (node.value === null) return 'nothing';
  const text = JSON.stringify(node.value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

function quoteHint(node: SourceNode): string {
  return node.kind === 'scalar' && node.value !== null ? '; put it in quotes' : '';
}

function toPlain(node: SourceNode, depthLeft: number, budget: { values: number }): Plain | undefined {
  if (depthLeft === 0 || --budget.values < 0) return undefined;
  if (node.kind === 'scalar') return scalarToPlain(node.value);
  if (node.kind === 'list') {
    const items: Plain[] = [];
    for (const item of node.items) {
      const value = toPlain(item, depthLeft - 1, budget);
      if (value === undefined) return undefined;
      items.push(value);
    }
    return items;
  }
  const fields: [string, Plain][] = [];
  for (const entry of node.entries) {
    const value = toPlain(entry.value, depthLeft - 1, budget);
    if (value === undefined || !entry.key.isWellFormed()) return undefined;
    fields.push([entry.key, value]);
  }
  return Object.fromEntries(fields);
}

function scalarToPlain(value: null | boolean | number | string): Plain | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? (value === 0 ? 0 : value) : undefined;
  if (typeof value === 'string') return value.isWellFormed() ? value : undefined;
  return value;
}
