import type { Plain } from '../../runtime/data.js';
import type { TaskDefinition } from './task.js';

/** Whether two definitions say the same: field by field, whatever the order of the fields. */
export function isSameTask(left: TaskDefinition, right: TaskDefinition): boolean {
  return isSame(left, right);
}

function isSame(left: Plain, right: Plain): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const leftFields = Object.entries(left);
  const rightFields = new Map(Object.entries(right));
  if (Array.isArray(left) !== Array.isArray(right) || leftFields.length !== rightFields.size) return false;
  return leftFields.every(([name, value]) => rightFields.has(name) && isSame(value, rightFields.get(name) as Plain));
}
