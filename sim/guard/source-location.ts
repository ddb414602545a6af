const FRAME = /\(?((?:file:\/\/)?\/[^()]+?|[A-Za-z]:\\[^()]+?):(\d+):(\d+)\)?$/;

export const UNKNOWN_PLACE = 'unknown place';

/** Frames that are not the culprit: the guard itself and Node's inside. */
function isOurs(line: string): boolean {
  return line.includes('/sim/guard/') || line.includes('node:') || line.includes('native');
}

/**
 * The first place of a stack that is neither the guard nor Node, as `path:line:column`. Source maps apply where the process has
 * enabled them, so the place is in the source as it was written. Test files of the guard itself count as culprits.
 * @param isAside further frames that are not the culprit.
 */
export function sourceLocationOf(stack: string, isAside: (frame: string) => boolean = () => false): string {
  for (const line of stack.split('\n').slice(1)) {
    if (isAside(line)) continue;
    if (isOurs(line) && !line.includes('.test.') && !line.includes('.fixture.')) continue;
    const match = FRAME.exec(line.trim());
    if (match !== null) return `${String(match[1]).replace('file://', '')}:${String(match[2])}:${String(match[3])}`;
  }
  return UNKNOWN_PLACE;
}
