// docs/simulation.md: its blocks that begin with `$ npx orrery` show what these commands print in a fresh folder that has the example
// and an installed orrery. Times, which no two runs share, are shown as `…`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATH = 'docs/simulation.md';
const EXAMPLE = 'examples/02-transfers';
/** As npm puts it there. */
const COMMAND = 'node_modules/.bin/orrery';
const LIMIT_MS = 120_000;
const BLOCK = /```text\n\$ npx orrery ([^\n]+)\n[^]*?```/g;

/** The page as it ought to be, by the commands that it shows, in their order. */
export function simulationDocument(root: string): { readonly path: string; readonly text: string } {
  const page = readFileSync(join(root, PATH), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'orrery-tutorial-'));
  try {
    cpSync(join(root, EXAMPLE), folder, { recursive: true });
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules/orrery'), 'dir');
    symlinkSync(join(root, 'dist/cli/main.js'), join(folder, COMMAND));
    return { path: PATH, text: withOutputs(page, (args) => runOrrery(folder, args)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The page with what its commands print, carried out one after the other. Which seed fails, and at which step, is found by the first of
 * them, and written into the ones below it.
 */
export function withOutputs(page: string, runCommand: (args: readonly string[]) => string): string {
  let text = page;
  let seed: string | undefined;
  const count = [...page.matchAll(BLOCK)].length;
  if (count === 0) throw new Error(`${PATH} shows no "$ npx orrery …" any more; put one back, or mend this check`);
  for (let place = 0; place < count; place++) {
    const [block, command] = [...text.matchAll(BLOCK)][place]!;
    const printed = withoutTimes(runCommand(command!.split(' '))).trimEnd();
    text = text.replace(block, () => `\`\`\`text\n$ npx orrery ${command}\n${printed}\n\`\`\``);
    if (seed !== undefined) continue;
    seed = /: seed (\d+) failed/.exec(printed)?.[1];
    if (seed === undefined) throw new Error(`${PATH}: the first command ought to find a seed that fails:\n${printed}`);
    text = text.replaceAll(/(transfers-forgetful-)\d+/g, `$1${seed}`);
  }
  return text;
}

/** Durations and speeds of this machine out of what was printed. */
export function withoutTimes(printed: string): string {
  return printed
    .replaceAll(/ simulated in [^\n]+? on (\d+ workers?), [^\n]+ simulated s\/s/g, ' simulated in … on $1')
    .replaceAll(/( in [\d,]+ runs), [\d.,]+ (?:ms|s):/g, '$1, …:')
    .replaceAll(/\t[\d.,]+ (?:ms|s)\t(no longer fails|reproduces)/g, '\t…\t$1');
}

function runOrrery(folder: string, args: readonly string[]): string {
  const options = { cwd: folder, encoding: 'utf8' as const, timeout: LIMIT_MS, env: { ...process.env, NO_COLOR: '1' } };
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, COMMAND), ...args], options);
  if (status === 0 || status === 1) return stdout;
  throw new Error(`${PATH}: orrery ${args.join(' ')} ended with ${String(status)}:\n${stdout}${stderr}`);
}
