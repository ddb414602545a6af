import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plain } from '../runtime/data.js';
import { readHistory, type History } from '../props/histories/index.js';
import { casRegister, keyValue, multiRegister, type AnyModel } from '../props/linearizability/index.js';

// Beside the project; from its sources and from its build.
const FOLDERS = ['../../shared/data/', '../../../shared/data/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const FOLDER = FOLDERS.find((folder) => existsSync(folder)) ?? FOLDERS.join(' or ');

/** A history that others published with its verdict. */
export interface PublishedCase {
  readonly name: string;
  readonly isLinearizable: boolean;
  readonly model: AnyModel;
  /** What a register or a key holds before it was written. */
  readonly initial: Plain;
  read(): History;
}

interface Told {
  readonly linearizable: boolean;
  readonly model: string;
}

/** Whether the published cases lie beside the project; they are not part of it. */
export function hasPublishedCases(): boolean {
  return existsSync(`${FOLDER}porcupine/verdicts.json`);
}

/** The cases of one collection, without those whose file is not there. */
export function publishedCases(collection: 'porcupine' | 'knossos'): readonly PublishedCase[] {
  const folder = `${FOLDER}${collection}/`;
  const verdicts = JSON.parse(readFileSync(`${folder}verdicts.json`, 'utf8')) as Record<string, Told>;
  return Object.entries(verdicts)
    .filter(([name]) => existsSync(folder + name))
    .map(([name, { linearizable }]) => ({
      name: `${collection}/${name}`,
      isLinearizable: linearizable,
      ...modelOf(collection, name),
      read: () => readHistory(readFileSync(folder + name, 'utf8'), { file: name }),
    }));
}

function modelOf(collection: string, name: string): Pick<PublishedCase, 'model' | 'initial'> {
  if (name.startsWith('kv/')) return { model: keyValue(), initial: '' };
  // Knossos begins with 0 in its tests.
  if (name.startsWith('multi-register/')) return { model: multiRegister({ x: 0, y: 0 }), initial: 0 };
  const initial = collection === 'knossos' ? 0 : null;
  return { model: casRegister(initial), initial };
}
