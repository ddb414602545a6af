import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type YAMLError,
  type Node as YamlNode,
} from 'yaml';
import type { DefinitionFault, Position, SourceEntry, SourceNode } from '../../definitions/source.js';

/** A parsed YAML text that knows where everything stands. */
export interface YamlText {
  readonly file: string;
  readonly document: Document.Parsed;
  positionAt(offset: number): Position;
}

/** Every error of a file that a user wrote, each with its place. The message is all of them, one to a line. */
export class FileFaultsError extends Error {
  constructor(readonly faults: readonly DefinitionFault[]) {
    super(faults.map(formatPlace).join('\n'));
    this.name = 'FileFaultsError';
  }
}

/** Where the fault is the file itself: it is missing, too large, or no file. */
export const WHOLE_FILE: Position = { line: 0, column: 0 };

/** What helps against the errors of YAML whose messages speak of its grammar only. */
const REMEDIES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'remove one of them',
  BLOCK_AS_IMPLICIT_KEY: 'fields of one thing begin in one column, so check the indentation of the next lines',
  BAD_INDENT: 'check the indentation',
  TAB_AS_INDENT: 'use spaces',
};

const ERRORS_TOLD_MAX = 10;

function formatPlace({ file, line, column, field, message }: DefinitionFault): string {
  const place = line === WHOLE_FILE.line ? file : `${file}:${line}:${column}`;
  return `${place}: ${field === '' ? '' : `${field}: `}${message}`;
}

/** Parses YAML 1.2. Throws FileFaultsError with the places of what cannot be read. */
export function parseYamlText(file: string, text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, version: '1.2' });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    throw new FileFaultsError(faultsOf(file, document.errors, positionAt));
  }
  return { file, document, positionAt };
}

/** The first error of each place: those that follow there are made by it. */
function faultsOf(
  file: string,
  errors: readonly YAMLError[],
  positionAt: (offset: number) => Position,
): DefinitionFault[] {
  const deep = errors.find(({ message }) => message.includes('call stack'));
  if (deep !== undefined) {
    return [{ file, ...positionAt(deep.pos[0]), field: '', message: 'is nested too deeply; make it flatter' }];
  }
  const byOffset = new Map<number, YAMLError>();
  for (const error of errors) if (!byOffset.has(error.pos[0])) byOffset.set(error.pos[0], error);
  return [...byOffset.values()].slice(0, ERRORS_TOLD_MAX).map(({ code, message, pos }) => {
    const remedy = REMEDIES[code];
    const told = remedy === undefined ? message.trim() : `${message.trim()}; ${remedy}`;
    return { file, ...positionAt(pos[0]), field: '', message: told };
  });
}

/** The document as nodes with places. Throws FileFaultsError for what data cannot be made of: aliases, odd keys, odd scalars. */
export function toSourceNode(yaml: YamlText): SourceNode {
  return convert(yaml, yaml.document.contents, '');
}

function convert(yaml: YamlText, node: unknown, path: string): SourceNode {
  const at = yaml.positionAt((node as YamlNode | null)?.range?.[0] ?? 0);
  if (node === null || node === undefined) return { kind: 'scalar', value: null, at };
  if (isSeq(node))
    return { kind: 'list', items: node.items.map((item, i) => convert(yaml, item, `${path}[${i}]`)), at };
  if (isMap(node)) {
    return { kind: 'map', entries: node.items.map(({ key, value }) => convertEntry(yaml, key, value, path)), at };
  }
  if (isScalar(node)) {
    const { value } = node;
    if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') {
      return { kind: 'scalar', value, at };
    }
  }
  const what = isAlias(node) ? 'an alias' : 'a value of this type';
  throw new FileFaultsError([
    { file: yaml.file, ...at, field: path, message: `${what} cannot be used here; write it out` },
  ]);
}

function convertEntry(yaml: YamlText, key: unknown, value: unknown, path: string): SourceEntry {
  const keyAt = yaml.positionAt((key as YamlNode | null)?.range?.[0] ?? 0);
  if (!isScalar(key) || typeof key.value !== 'string') {
    throw new FileFaultsError([
      { file: yaml.file, ...keyAt, field: path, message: 'a key must be a string; quote it' },
    ]);
  }
  const inside = path === '' ? key.value : `${path}.${key.value}`;
  // A key without a value has no node; it stands where its key does.
  const converted: SourceNode =
    value === null ? { kind: 'scalar', value: null, at: keyAt } : convert(yaml, value, inside);
  return { key: key.value, keyAt, value: converted };
}
