import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

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
});
