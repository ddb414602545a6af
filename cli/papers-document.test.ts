import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { connectivityDocuments, papersDocuments, promisesDocument } from './checks/docs.js';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('docs/papers.md', () => {
  it('and its pictures show what was measured; else run `npm run docs`', () => {
    const documents = papersDocuments(root);
    expect(documents.length).toBe(4);
    for (const { path, text } of documents) {
      expect(existsSync(root + path), path).toBe(true);
      expect(readFileSync(root + path, 'utf8'), path).toBe(text);
    }
  });
});

describe('docs/partial-connectivity.md', () => {
  it('shows what was measured; else run `npm run docs`', () => {
    const documents = connectivityDocuments(root);
    expect(documents.length).toBe(1);
    for (const { path, text } of documents) expect(readFileSync(root + path, 'utf8'), path).toBe(text);
  });
});

describe('docs/coordinators.md', () => {
  it('says what the coordinators state; else run `npm run docs`', () => {
    const { path, text } = promisesDocument();
    expect(readFileSync(root + path, 'utf8')).toBe(text);
  });
});
