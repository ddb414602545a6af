import type { Plain } from '../../runtime/data.js';
import { HistoryError } from './history-error.js';

const DEPTH_MAX = 64;
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const NUMBER = /^[-+]?\d+(\.\d*)?([eE][-+]?\d+)?[NM]?$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', '\\': '\\' };
const CHARACTERS: Readonly<Record<string, string>> = { newline: '\n', space: ' ', tab: '\t', return: '\r' };

/**
 * Reads EDN, form by form, as plain data: a keyword is its text with the colon (`":read"`), a symbol its text, a map an object whose
 * keys are texts, lists, vectors and sets are arrays, of a tagged form only the form is kept. An integer beyond 2^53 stays text.
 */
export class EdnReader {
  private position = 0;

  constructor(
    private readonly text: string,
    private readonly file: string,
    private readonly firstLine = 1,
  ) {}

  /** The line of the form that is read next. */
  get line(): number {
    let line = this.countedLine;
    for (let i = this.countedTo; i < this.position; i++) if (this.text.charCodeAt(i) === 10) line++;
    this.countedTo = this.position;
    this.countedLine = line;
    return line + this.firstLine;
  }
  private countedTo = 0;
  private countedLine = 0;

  /** Goes to the next form; false where there is none before `closer`, or before the end. */
  hasNext(closer?: string, depth = 0): boolean {
    this.skipSpace(depth);
    const next = this.text[this.position];
    if (next === undefined && closer !== undefined) throw this.fault(`the file ends, but ${closer} is expected`);
    return next !== undefined && next !== closer;
  }

  /** The character that the next form begins with. */
  peek(): string {
    return this.text[this.position] ?? '';
  }

  /** Takes an opening bracket or a closing one, so that what it holds can be read one by one. */
  take(bracket: string): void {
    if (this.text[this.position] !== bracket) throw this.fault(`expected ${bracket}`);
    this.position++;
  }

  /** @throws HistoryError that names the line. */
  read(depth = 0): Plain {
    if (depth > DEPTH_MAX) throw this.fault(`nested more than ${DEPTH_MAX} deep`);
    if (!this.hasNext(undefined, depth)) throw this.fault('the file ends, but a value is expected');
    const character = this.peek();
    if (character === '"') return this.string();
    if (character === '[' || character === '(') return this.sequence(depth);
    if (character === '{') return this.map(depth);
    if (character === '#') return this.dispatched(depth);
    if (character === '^') return this.withoutMetadata(depth);
    if (character === '\\') return this.character();
    if (')]}'.includes(character)) throw this.fault(`an unexpected ${character}`);
    return this.atom();
  }

  private skipSpace(depth: number): void {
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code <= 32 || code === 44 || code === 0xfeff) this.position++;
      else if (code === 59) this.skipLine();
      else if (code === 35 && this.text[this.position + 1] === '_') {
        this.position += 2;
        this.read(depth + 1);
      } else return;
    }
  }

  private skipLine(): void {
    const end = this.text.indexOf('\n', this.position);
    this.position = end < 0 ? this.text.length : end + 1;
  }

  private sequence(depth: number): Plain {
    const opener = this.peek();
    const closer = CLOSERS[opener] ?? ']';
    this.take(opener);
    const items: Plain[] = [];
    while (this.hasNext(closer)) items.push(this.read(depth + 1));
    this.take(closer);
    return items;
  }

  private map(depth: number): Plain {
    this.take('{');
    const entries: [string, Plain][] = [];
    while (this.hasNext('}')) {
      const key = this.read(depth + 1);
      if (!this.hasNext('}')) throw this.fault(`the map ends after the key ${keyText(key)}, but its value is expected`);
      entries.push([keyText(key), this.read(depth + 1)]);
    }
    this.take('}');
    return Object.fromEntries(entries.filter(([key]) => key !== '__proto__'));
  }

  private dispatched(depth: number): Plain {
    this.position++;
    const next = this.peek();
    if (next === '{') return this.set(depth);
    if (next === '"') return this.string();
    if (next === '#') return this.symbolicNumber();
    this.word();
    return this.read(depth + 1);
  }

  private set(depth: number): Plain {
    this.take('{');
    const items: Plain[] = [];
    while (this.hasNext('}')) items.push(this.read(depth + 1));
    this.take('}');
    return items;
  }

  /** `##Inf`, `##NaN`: kept as texts, since plain data has no such numbers. */
  private symbolicNumber(): string {
    this.position++;
    return `##${this.word()}`;
  }

  private withoutMetadata(depth: number): Plain {
    this.position++;
    this.read(depth + 1);
    return this.read(depth + 1);
  }

  private string(): string {
    const start = ++this.position;
    let text = '';
    let from = start;
    for (;;) {
      const character = this.text[this.position];
      if (character === undefined) throw this.fault('the file ends within a string; expected "');
      if (character === '"') break;
      if (character !== '\\') {
        this.position++;
        continue;
      }
      text += this.text.slice(from, this.position) + this.escaped();
      from = this.position;
    }
    text += this.text.slice(from, this.position);
    this.position++;
    return text.toWellFormed();
  }

  private escaped(): string {
    const kind = this.text[this.position + 1] ?? '';
    const hex = kind === 'u' ? /^[0-9a-fA-F]{4}/.exec(this.text.slice(this.position + 2, this.position + 6)) : null;
    if (hex !== null) {
      this.position += 6;
      return String.fromCharCode(parseInt(hex[0], 16));
    }
    const character = ESCAPES[kind] ?? kind;
    this.position += 2;
    return character;
  }

  private character(): string {
    const first = this.text[this.position + 1] ?? '';
    this.position += 2;
    const rest = /\w/.test(first) ? this.word() : '';
    return CHARACTERS[first + rest] ?? first + rest;
  }

  private word(): string {
    const start = this.position;
    while (this.position < this.text.length && !isDelimiter(this.text.charCodeAt(this.position))) this.position++;
    return this.text.slice(start, this.position);
  }

  private atom(): Plain {
    const word = this.word();
    if (word === '') throw this.fault(`an unexpected ${JSON.stringify(this.peek())}`);
    if (word === 'nil') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    if (!NUMBER.test(word)) return word;
    const value = Number(word.replace(/[NM]$/, ''));
    const isExact = Number.isSafeInteger(value) || (Number.isFinite(value) && /[.eEM]/.test(word));
    return isExact ? value + 0 : word;
  }

  private fault(message: string): HistoryError {
    return new HistoryError(this.file, this.line, message);
  }
}

/** White space, comma, and what begins or ends another form. */
function isDelimiter(code: number): boolean {
  if (code <= 32) return true;
  switch (code) {
    case 34: // "
    case 40: // (
    case 41: // )
    case 44: // ,
    case 59: // ;
    case 91: // [
    case 93: // ]
    case 123: // {
    case 125: // }
      return true;
    default:
      return false;
  }
}

function keyText(key: Plain): string {
  return typeof key === 'string' ? key : JSON.stringify(key);
}
