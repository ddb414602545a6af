import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from './durable-directory.js';
import { NodeSetupError } from './setup-error.js';

/** Whose data a directory holds. */
export interface DirectoryOwner {
  readonly cluster: string;
  readonly node: string;
}

const OWNER_FILE = 'owner.json';
const FORMAT = 1;

/** Who was recorded as the owner, or undefined where nobody was. Throws NodeSetupError where the record cannot be read. */
function readOwner(directory: string): DirectoryOwner | undefined {
  const file = join(directory, OWNER_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new NodeSetupError(`cannot read ${file}: ${(error as Error).message}; give this node's user the right to`);
  }
  const found = parseOwner(text);
  if (found !== undefined) return found;
  const whole = ownerText({ cluster: 'CLUSTER', node: 'NODE' }).trim();
  throw new NodeSetupError(
    `${file} is damaged, so that nobody knows whose data ${directory} holds; where you know, write ${whole} into it`,
  );
}

function parseOwner(text: string): DirectoryOwner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { format, cluster, node } = (value ?? {}) as Record<string, unknown>;
  return format === FORMAT && typeof cluster === 'string' && typeof node === 'string' ? { cluster, node } : undefined;
}

/** Throws NodeSetupError where the directory is known to belong to another node, or to this one in another cluster. */
export function checkOwner(directory: string, owner: DirectoryOwner): void {
  const recorded = readOwner(directory);
  if (recorded === undefined || (recorded.node === owner.node && recorded.cluster === owner.cluster)) return;
  throw new NodeSetupError(
    `data directory ${directory} belongs to ${describe(recorded)} (${join(directory, OWNER_FILE)}), and this is ${describe(owner)}; ` +
      `give this node a data directory of its own, or start it as ${describe(recorded)}`,
  );
}

const describe = ({ cluster, node }: DirectoryOwner): string => `node ${node} of cluster ${cluster}`;

/** Records the owner, durably and whole or not at all. The directory must be locked. */
export function recordOwner(directory: string, owner: DirectoryOwner): void {
  if (readOwner(directory) !== undefined) return;
  const file = join(directory, OWNER_FILE);
  const draft = `${file}.draft`;
  const descriptor = openSync(draft, 'w');
  try {
    const bytes = Buffer.from(ownerText(owner));
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
  syncDirectory(directory);
}

function ownerText({ cluster, node }: DirectoryOwner): string {
  return `${JSON.stringify({ format: FORMAT, cluster, node })}\n`;
}
