import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadUserModule } from './user-module.js';

const folder = mkdtempSync(join(tmpdir(), 'orrery-user-module-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['ts', 'mjs'])('a module of the user, .%s, that imports another', (extension) => {
  const main = join(folder, `main.${extension}`);
  const hashWith = async (imported: string): Promise<string> => {
    writeFileSync(main, `export { shared } from './imported-${extension}.mjs';\n`);
    writeFileSync(join(folder, `imported-${extension}.mjs`), imported);
    return (await loadUserModule(main, 'a scenario')).hash;
  };

  it('has another hash once that one has changed, and is told where that one cannot be read', async () => {
    const first = await hashWith('export const shared = 1;\n');
    expect(await hashWith('export const shared = 2;\n')).not.toBe(first);
    expect(await hashWith('export const shared = 1;\n')).toBe(first);
    await expect(hashWith('export const shared = ;\n')).rejects.toThrow(/imported-\w+\.mjs:1:23: /);
  });
});
