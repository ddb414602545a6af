import { LIMITS } from './limits.js';
import type { DefinitionFault, Position, SourceEntry, SourceNode } from './source.js';

export type JsonRead =
  { readonly ok: true; readonly node: SourceNode } | { readonly ok: false; readonly fault: DefinitionFault };

/** Reads a JSON text (RFC 8259) into nodes that know their places, or answers its first fault. */
export function readJson(file: string, text: string): JsonRead {
  try {
    return { ok: true, node: new JsonReader(text).document() };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const { at, field, message } = error;
    return { ok: false, fault: { file, ...at, field, message } };
  }
}

class JsonFault extends Error {
  constructor(
    readonly at: Position,
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WORD = /^[^\s,:[\]{}"]+/;
const WORDS: ReadonlyMap<string, null | boolean> = new Map([
  ['null', null],
  ['true', true],
  ['false', false],
]);
/** What people write out of habit, in any case, and what JSON knows in its place. */
const MISTAKEN: ReadonlyMap<string, string> = new Map([
  ['none', 'null'],
  ['nil', 'null'],
  ['undefined', 'null'],
  ['yes', 'true'],
  ['no', 'false'],
]);

class JsonReader {
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(private readonly text: string) {
    if (text.startsWith('\uFEFF')) this.#lineStart = this.#offset = 1;
  }

  document(): SourceNode {
    this.#skipSpace();
    if (this.#peek() === '') this.#fail('', 'the file is empty; write one JSON value, such as { "version": 1, ... }');
    const node = this.#value('', LIMITS.jsonDepth);
    this.#skipSpace();
    if (this.#peek() !== '') {
      this.#fail(
        '',
        `the document has ended before ${this.#found()}; remove what follows, or check for a bracket too many`,
      );
    }
    return node;
  }

  #value(path: string, depthLeft: number): SourceNode {
    if (depthLeft === 0) this.#fail(path, `is more than ${LIMITS.jsonDepth} levels deep; make it flatter`);
    const at = this.#here();
    const next = this.#peek();
    if (next === '{') return { kind: 'map', entries: this.#entries(path, depthLeft - 1), at };
    if (next === '[') return { kind: 'list', items: this.#items(path, depthLeft - 1), at };
    if (next === '"') return { kind: 'scalar', value: this.#string(path), at };
    return { kind: 'scalar', value: this.#numberOrWord(path), at };
  }

  #entries(path: string, depthLeft: number): SourceEntry[] {
    const entries: SourceEntry[] = [];
    this.#open();
    while (this.#peek() !== '}') {
      const keyAt = this.#here();
      if (this.#peek() !== '"')
        this.#fail(path, `expected the name of a field in double quotes, found ${this.#found()}`);
      const key = this.#string(path);
      const inside = path === '' ? key : `${path}.${key}`;
      this.#skipSpace();
      if (this.#peek() !== ':') this.#fail(inside, `expected ":" after the name of the field, found ${this.#found()}`);
      this.#open();
      entries.push({ key, keyAt, value: this.#value(inside, depthLeft) });
      this.#next(path, '}', 'a field');
    }
    this.#offset += 1;
    return entries;
  }

  #items(path: string, depthLeft: number): SourceNode[] {
    const items: SourceNode[] = [];
    this.#open();
    while (this.#peek() !== ']') {
      items.push(this.#value(`${path}[${items.length}]`, depthLeft));
      this.#next(path, ']', 'an item');
    }
    this.#offset += 1;
    return items;
  }

  /** Goes on behind a comma, or stands at the closing bracket. */
  #next(path: string, close: string, what: string): void {
    this.#skipSpace();
    if (this.#peek() === close) return;
    if (this.#peek() !== ',') this.#fail(path, `expected "," or "${close}" after ${what}, found ${this.#found()}`);
    const comma = this.#here();
    this.#open();
    if (this.#peek() === close)
      throw new JsonFault(comma, path, `nothing follows this comma before "${close}"; remove it`);
  }

  /** Past one character and the space behind it. */
  #open(): void {
    this.#offset += 1;
    this.#skipSpace();
  }

  #string(path: string): string {
    const start = this.#offset;
    for (let end = start + 1; ; end++) {
      const char = this.text[end];
      if (char === undefined || char === '\n' || char === '\r') {
        this.#fail(path, 'this text has no closing quote in its line; add it, and write a line break as \\n');
      }
      if (char === '\\') end += 1;
      if (char !== '"') continue;
      this.#offset = end + 1;
      return this.#unescaped(path, start, end + 1);
    }
  }

  #unescaped(path: string, start: number, end: number): string {
    try {
      return JSON.parse(this.text.slice(start, end)) as string;
    } catch {
      this.#offset = start;
      return this.#fail(
        path,
        'this text holds a "\\" or a control character that cannot stand so; write \\\\, \\t or \\u0000',
      );
    }
  }

  #numberOrWord(path: string): number | null | boolean {
    const word = this.#word();
    if (word === undefined) return this.#fail(path, `expected a value, found ${this.#found()}`);
    const known = WORDS.get(word);
    const isNumber = NUMBER.test(word);
    if (known === undefined && !isNumber) this.#fail(path, `${this.#found()} is no JSON value; ${remedyFor(word)}`);
    this.#offset += word.length;
    return known === undefined ? Number(word) : known;
  }

  #skipSpace(): void {
    for (; this.#offset < this.text.length; this.#offset++) {
      const char = this.text[this.#offset];
      if (char === '\n') {
        this.#line += 1;
        this.#lineStart = this.#offset + 1;
      } else if (char !== ' ' && char !== '\t' && char !== '\r') {
        return;
      }
    }
  }

  #peek(): string {
    return this.text[this.#offset] ?? '';
  }

  /** What stands here up to a space or a sign of JSON. */
  #word(): string | undefined {
    return WORD.exec(this.text.slice(this.#offset))?.[0];
  }

  #found(): string {
    const word = this.#word() ?? this.#peek();
    if (word === '') return 'the end of the file';
    if (word === '"') return 'a text';
    return word.length > 40 ? `${JSON.stringify(word.slice(0, 37))}...` : JSON.stringify(word);
  }

  #here(): Position {
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }

  #fail(path: string, message: string): never {
    throw new JsonFault(this.#here(), path, message);
  }
}

function remedyFor(word: string): string {
  if (word.startsWith('//') || word.startsWith('/*') || word.startsWith('#')) {
    return 'JSON has no comments: remove it, or write the file as YAML';
  }
  const meant = MISTAKEN.get(word.toLowerCase()) ?? word.toLowerCase();
  if (WORDS.has(meant)) return `write ${meant}`;
  if (/^[-+.]?\d/.test(word)) return 'write a number such as 5, -1 or 0.5, or put it in double quotes';
  return 'put a text in double quotes';
}
