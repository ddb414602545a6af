import { readFileSync } from 'node:fs';
import { createCalendar } from '../runtime/node/calendar.js';
import type { MadeBy } from '../sim/artifact/artifact.js';
import { hashBuild } from '../sim/artifact/build-hash.js';

/** The package's version as it stands in its package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL(findPackageJson()), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

// From `cli/` in a source tree and from `dist/cli/` in a build.
function findPackageJson(): string {
  const depth = import.meta.url.includes('/dist/cli/') ? '../../package.json' : '../package.json';
  return new URL(depth, import.meta.url).href;
}

/** What runs here and can change the outcome of a seed. */
export function madeByThis(): MadeBy {
  return {
    orrery: packageVersion(),
    node: process.version,
    zoneData: createCalendar().zoneDataVersion,
    build: hashBuild(),
  };
}

/** What is different now, as sentences for people. */
export function differencesOf(then: MadeBy, now: MadeBy): readonly string[] {
  const named = [
    ['orrery', 'orrery'],
    ['node', 'Node'],
    ['zoneData', 'zone data'],
  ] as const;
  const versions = named
    .filter(([field]) => then[field] !== now[field])
    .map(([field, name]) => `${name} is ${now[field]} now and was ${then[field]}`);
  return then.build === now.build ? versions : [...versions, 'the code of orrery has changed since'];
}
