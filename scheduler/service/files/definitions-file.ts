import type { Calendar } from '../../../runtime/ports.js';
import { LIMITS, readDefinitions, type TaskDefinition } from '../../definitions/index.js';
import { readSource } from './source-text.js';
import { FileFaultsError } from './yaml-text.js';

/** Reads task definitions from a YAML or JSON file. Throws FileFaultsError with file, line and field of every fault. */
export function readDefinitionsFile(file: string, calendar: Calendar): readonly TaskDefinition[] {
  const { tasks, faults } = readDefinitions(file, readSource(file, LIMITS.fileBytes), calendar);
  if (faults.length > 0) throw new FileFaultsError(faults);
  return tasks;
}
