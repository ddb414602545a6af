import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pictureDocuments, readmeDocument, withExampleOutput } from './checks/docs.js';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

describe('the README', () => {
  const readme = read('README.md');
  const shown = [...readme.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)\n```/g)].map(([, path, code]) => ({
    path: String(path),
    code,
  }));

  it('shows the smallest program whole', () => {
    expect(shown.map(({ path }) => path)).toEqual(
      ['counter', 'client', 'scenario', 'main', 'serve'].map((name) => `examples/01-counter/${name}.ts`),
    );
  });

  it.each(shown)('shows $path as it is', ({ path, code }) => {
    expect(code).toBe(read(path).trimEnd());
  });

  it('links to files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => String(path));
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect(() => readFileSync(new URL(link, root))).not.toThrow(/ENOENT/);
  });

  it('prints the seed, the step and the figures that the example really prints; else run `npm run docs`', () => {
    expect(readme).toBe(readmeDocument(fileURLToPath(root)).text);
  });

  it('is refused where it no longer shows what the example prints', () => {
    const printed = 'counting-buggy: seed 3 fails\n  countedOnce at step n1:99: twice';
    expect(withExampleOutput(readme, printed)).toContain(`01-counter/main.js\n${printed}\n\`\`\`\n`);
    expect(withExampleOutput(readme, printed)).toMatch(/`--until n1:99`[^]*`--break n1:99`/);
    expect(() => withExampleOutput('# Orrery', printed)).toThrow('put it back');
    expect(() => withExampleOutput(readme, 'all pass')).toThrow('names no step');
  });
});

describe('the pictures', () => {
  it('are those that the command draws today; else run `npm run docs`', () => {
    for (const { path, text } of pictureDocuments(fileURLToPath(root))) {
      expect({ path, isFresh: read(path) === text }).toEqual({ path, isFresh: true });
    }
  });
});
