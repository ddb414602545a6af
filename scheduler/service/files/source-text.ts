import { readFileSync, statSync } from 'node:fs';
import { readJson } from '../../definitions/json-text.js';
import type { Position, SourceNode } from '../../definitions/source.js';
import { FileFaultsError, parseYamlText, toSourceNode, WHOLE_FILE } from './yaml-text.js';

/**
 * Reads a file that a user wrote: JSON where its name ends so, YAML otherwise. Throws FileFaultsError with the place of what
 * cannot be read.
 */
export function readSource(file: string, maxBytes: number): SourceNode {
  return parseSource(file, readTextFile(file, maxBytes));
}

export function parseSource(file: string, text: string): SourceNode {
  if (!/\.json$/i.test(file)) return toSourceNode(parseYamlText(file, text));
  const read = readJson(file, text);
  if (!read.ok) throw new FileFaultsError([read.fault]);
  return read.node;
}

function readTextFile(file: string, maxBytes: number): string {
  const failed = (message: string): FileFaultsError =>
    new FileFaultsError([{ file, ...WHOLE_FILE, field: '', message }]);
  const bytes = readBytes(file, maxBytes, failed);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw failed('this is no text in UTF-8; name a YAML or JSON file, saved as UTF-8');
  }
}

function readBytes(file: string, maxBytes: number, failed: (message: string) => FileFaultsError): Buffer {
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) throw failed('this is a folder; name a file');
    if (!stats.isFile()) throw failed('this is no regular file; name one');
    if (stats.size > maxBytes) throw failed(`${stats.size} bytes; at most ${maxBytes} are read, so make it smaller`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof FileFaultsError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw failed('there is no such file');
    if (code === 'EACCES') throw failed('this file must not be read; change its permissions');
    throw failed(message);
  }
}

export type Path = readonly (string | number)[];

/** What a path leads to, if it leads to something. Of two fields of one name the first. */
export function nodeAt(root: SourceNode, path: Path): SourceNode | undefined {
  let node: SourceNode | undefined = root;
  for (const part of path) node = node === undefined ? undefined : childOf(node, part);
  return node;
}

/** The place of what a path leads to, or of the nearest thing above it. */
export function positionOf(root: SourceNode, path: Path): Position {
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(root, path.slice(0, length));
    if (node !== undefined) return node.at;
  }
  return root.at;
}

function childOf(node: SourceNode, part: string | number): SourceNode | undefined {
  if (node.kind === 'list') return typeof part === 'number' ? node.items[part] : undefined;
  return node.kind === 'map' ? node.entries.find(({ key }) => key === part)?.value : undefined;
}

/** The plain values of a document. Throws FileFaultsError where a field stands twice. */
export function valueOf(file: string, node: SourceNode, path = ''): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map((item, i) => valueOf(file, item, `${path}[${i}]`));
  const fields = new Map<string, unknown>();
  for (const { key, keyAt, value } of node.entries) {
    const field = path === '' ? key : `${path}.${key}`;
    if (fields.has(key)) {
      throw new FileFaultsError([{ file, ...keyAt, field, message: 'stands here twice; keep one of the two' }]);
    }
    fields.set(key, valueOf(file, value, field));
  }
  return Object.fromEntries(fields);
}
