import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { simulationDocument, withOutputs, withoutTimes } from './checks/simulation-document.js';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/simulation.md');

/** Blocks that show a file of the example, whole or `a part` of it. */
const shown = [...page.matchAll(/```ts\n\/\/ (examples\/02-transfers\/[\w.-]+)(, a part)?\n([^]*?)\n```/g)].map(
  ([, path, isPart, code]) => ({ path: path!, isPart: isPart !== undefined, code: code! }),
);

describe('docs/simulation.md', () => {
  it('shows every file of the example', () => {
    expect(new Set(shown.map(({ path }) => path.split('/').at(-1)))).toEqual(
      new Set(['account-forgetful.ts', 'teller.ts', 'scenario.ts', 'account.ts', 'transfers.test.ts']),
    );
    expect([...page.matchAll(/```ts\n/g)].length).toBe(shown.length);
  });

  it.each(shown)('shows $path as it is', ({ path, isPart, code }) => {
    if (isPart) expect(read(path)).toContain(`${code}\n`);
    else expect(code).toBe(read(path).trimEnd());
  });

  it('shows the plan by hand as it is', () => {
    const [, plan] = /```json\n([^]*?)\n```/.exec(page)!;
    expect(plan).toBe(read('examples/02-transfers/lost-answer.json').trimEnd());
  });

  it('links to places and files that exist', () => {
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...page.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(10);
    for (const link of links) {
      if (link.startsWith('#')) expect(headings).toContain(link.slice(1));
      else expect(() => readFileSync(new URL(link, new URL('docs/', root)))).not.toThrow(/ENOENT/);
    }
  });

  it('prints what its commands really print; else run `npm run docs`', () => {
    const { text } = simulationDocument(fileURLToPath(root));
    expect(page).toBe(text);
    expect(text).toMatch(/movedOnce at step \w+:\d+/);
    expect(text).toContain('reproduces, as recorded');
    expect(text).toMatch(/\nok transfers: 400 seeds/);
  });
});

describe('what makes the page anew', () => {
  const hunt = '```text\n$ npx orrery hunt x\nold\n```\nsee transfers-forgetful-3.json\n';

  it('puts in what was printed, and the seed that failed into what comes after', () => {
    const ran: string[] = [];
    const runCommand = (args: readonly string[]): string => {
      ran.push(args.join(' '));
      return args[0] === 'hunt' ? 'transfers-forgetful: seed 77 failed\n' : 'done in 12 runs, 1.0 s: small\n';
    };
    const made = withOutputs(
      `${hunt}\`\`\`text\n$ npx orrery minimise transfers-forgetful-3.json\n\n\`\`\`\n`,
      runCommand,
    );
    expect(ran).toEqual(['hunt x', 'minimise transfers-forgetful-77.json']);
    expect(made).toContain('$ npx orrery hunt x\ntransfers-forgetful: seed 77 failed\n```');
    expect(made).toContain('done in 12 runs, …: small\n```');
  });

  it('refuses a page without commands, and a hunt that finds nothing', () => {
    expect(() => withOutputs('# Nothing', () => '')).toThrow('put one back');
    expect(() => withOutputs(hunt, () => 'ok')).toThrow('ought to find a seed that fails');
  });

  it('leaves all but the times as they are', () => {
    const line = 'ok x: 9 seeds, 3 steps, 2 min simulated in 1.7 s on 1 worker, 18.4 seeds/s, 109 simulated s/s';
    expect(withoutTimes(line)).toBe('ok x: 9 seeds, 3 steps, 2 min simulated in … on 1 worker');
    expect(withoutTimes('3010.596\tteller:76\tstep (took 2.679 ms)')).toBe('3010.596\tteller:76\tstep (took 2.679 ms)');
  });
});
