import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../usage-error.js';

/**
 * The clone that this build belongs to: planted bugs and regressions are files beside its sources.
 * @throws UsageError where the build stands alone.
 */
export function findProjectRoot(command: string, otherwise = ''): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'props/planted')) || !existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new UsageError(
        `orrery ${command} needs the sources: run it in a clone of the project, after \`npm ci && npm run build\`${otherwise}`,
      );
    }
    folder = parent;
  }
  return folder;
}
