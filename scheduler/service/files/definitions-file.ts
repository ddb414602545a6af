import { readFileSync, statSync } from 'node:fs';
import type { Calendar } from '../../../runtime/ports.js';
import { LIMITS, readDefinitions, type TaskDefinition } from '../../definitions/index.js';
import { FileFaultsError, parseYamlText, toSourceNode, WHOLE_FILE } from './yaml-text.js';

/** Reads task definitions from a YAML or JSON file. Throws FileFaultsError with file, line and field of every fault. */
export function readDefinitionsFile(file: string, calendar: Calendar): readonly TaskDefinition[] {
  const text = readTextFile(file, LIMITS.fileBytes);
  const { tasks, faults } = readDefinitions(file, toSourceNode(parseYamlText(file, text)), calendar);
  if (faults.length > 0) throw new FileFaultsError(faults);
  return tasks;
}

/** Throws FileFaultsError where the file cannot be read or is larger than `maxBytes`. */
export function readTextFile(file: string, maxBytes: number): string {
  const failed = (message: string): FileFaultsError =>
    new FileFaultsError([{ file, ...WHOLE_FILE, field: '', message }]);
  try {
    const { size } = statSync(file);
    if (size > maxBytes) throw failed(`${size} bytes; at most ${maxBytes} are read`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof FileFaultsError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw failed('there is no such file');
    throw failed(code === 'EISDIR' ? 'this is a folder; name a file' : message);
  }
}
