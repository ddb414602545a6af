// The house rules that no linter knows: lengths, names, folders, left-over notes and paths of one's own machine.
// Every message says what to do instead.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const codeLinesMax = 400;

const folders: ReadonlySet<string> = new Set([
  '.ci',
  'bench',
  'cli',
  'docs',
  'examples',
  'props',
  'protocols',
  'runtime',
  'scheduler',
  'sim',
  'web',
]);

const nameless = /^(utils?|helpers?|commons?|managers?)$/i;
// Written so that this file does not find itself.
const leftOver = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`);
const machinePath = new RegExp(`(^|[^\\w.\\-/}])/(${['work', 'root'].join('|')})/`);

/** Lines that are neither blank nor only a comment. */
export function codeLineCount(text: string): number {
  let count = 0;
  let insideComment = false;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (insideComment) {
      insideComment = !line.includes('*/');
    } else if (line.startsWith('/*')) {
      insideComment = !line.includes('*/');
    } else if (line !== '' && !line.startsWith('//')) {
      count += 1;
    }
  }
  return count;
}

/** What is wrong with the place and the name of a file. */
export function placeFaults(path: string): string[] {
  const faults: string[] = [];
  const segments = path.split('/');
  const folder = segments[0] ?? '';
  if (segments.length > 1 && !folders.has(folder)) {
    faults.push(`top-level folder "${folder}" is not one of ours; find the folder it belongs in`);
  }
  for (const segment of segments) {
    // `task-manager.ts` is as nameless as `manager/`.
    const words = segment.replace(/([a-z])([A-Z])/g, '$1-$2').split(/[-_.]/);
    const word = words.find((candidate) => nameless.test(candidate));
    if (word !== undefined) faults.push(`"${word}" in a name says nothing; name it after what it does`);
  }
  return faults;
}

/** What is wrong inside a file. */
export function textFaults(path: string, text: string, allowedLong: boolean): string[] {
  const faults: string[] = [];
  if (/\.(ts|tsx|js|mjs|cjs|css)$/.test(path)) {
    const count = codeLineCount(text);
    if (count > codeLinesMax && !allowedLong) {
      faults.push(`${count} lines of code, more than ${codeLinesMax}; split it by subject`);
    }
    if (count <= codeLinesMax && allowedLong) {
      faults.push('no longer needs its exception; take it out of cli/checks/exceptions.json');
    }
  }
  text.split('\n').forEach((line, index) => {
    if (leftOver.test(line)) faults.push(`line ${index + 1}: a left-over note; do it, or open an issue`);
    if (machinePath.test(line)) faults.push(`line ${index + 1}: a path of one machine; make it relative`);
  });
  return faults;
}

function main(): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  const paths = listed.split('\0').filter((path) => path !== '' && existsSync(path));
  const exceptions = JSON.parse(readFileSync(resolve('cli/checks/exceptions.json'), 'utf8')) as { maxLines: string[] };
  const faults: string[] = exceptions.maxLines
    .filter((path) => !paths.includes(path))
    .map((path) => `${path}: excepted, but not there; take it out of cli/checks/exceptions.json`);
  for (const path of paths) {
    for (const fault of placeFaults(path)) faults.push(`${path}: ${fault}`);
    const text = readFileSync(path, 'utf8');
    if (path === 'package-lock.json' || text.includes('\0')) continue;
    for (const fault of textFaults(path, text, exceptions.maxLines.includes(path))) faults.push(`${path}: ${fault}`);
  }
  for (const fault of faults) console.error(fault);
  console.log(`tidy: ${paths.length} files, ${faults.length} faults`);
  if (paths.length === 0 || faults.length > 0) process.exitCode = 1;
}

const entry = process.argv[1];
if (entry !== undefined && import.meta.url === pathToFileURL(entry).href) main();
