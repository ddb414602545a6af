import { readFileSync, statSync } from 'node:fs';
import { BadInputError } from './bad-input.js';

/**
 * The text of a file from outside.
 * @throws BadInputError where there is no such file, or it is larger than `bytesMax`, or not UTF-8.
 */
export function readLimited(file: string, bytesMax: number): string {
  try {
    const { size } = statSync(file);
    if (size > bytesMax) throw new BadInputError(`${file}: ${size} bytes, more than the ${bytesMax} that are read`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof BadInputError) throw error;
    throw new BadInputError(`${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message: string };
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'this is a folder, not a file';
  if (code === 'EACCES') return 'no permission to read it';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'not UTF-8; it may be damaged';
  return message;
}
