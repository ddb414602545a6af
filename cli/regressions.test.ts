import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readRegressions } from '../sim/artifact/regressions.js';
import { corpusFilesUnder, readCorpus } from './mutants/corpus.js';
import { ScratchBuild } from './mutants/scratch-build.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = fileURLToPath(new URL('../props/regressions', import.meta.url));
const planted = readRegressions(FOLDER).filter((kept) => kept.planted !== undefined);
/** One of them unless all are asked for: each takes a build of its own. */
const tried = process.env['ORRERY_ALL_REGRESSIONS'] === undefined ? planted.slice(0, 1) : planted;

const document = z.object({ regressions: z.array(z.object({ comparison: z.string(), verdict: z.string() })) });

function regressions(cli: string, name: string): Promise<{ code: number; stdout: string }> {
  const args = [cli, 'regressions', FOLDER, '--only', name, '--json', '-'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { encoding: 'utf8', timeout: 100_000 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout });
    });
  });
}

describe('a build that has its bug again fails a regression', () => {
  const scratch = new ScratchBuild(ROOT);
  afterAll(() => scratch.remove());
  const corpus = readCorpus(corpusFilesUnder(ROOT));

  it.each(tried.map((kept) => [kept.name, kept] as const))('%s', async (name, kept) => {
    const bug = corpus.find((entry) => entry.name === kept.planted);
    expect(bug, `planted bug ${kept.planted}`).toBeDefined();
    const clean = await regressions(scratch.cli, name);
    expect(clean.code).toBe(0);
    expect(document.parse(JSON.parse(clean.stdout)).regressions).toMatchObject([
      { comparison: 'no-longer-fails', verdict: 'passed' },
    ]);
    const remove = await scratch.plant(bug!);
    const broken = await regressions(scratch.cli, name);
    remove();
    expect(broken.code).toBe(1);
    const [report] = document.parse(JSON.parse(broken.stdout)).regressions;
    expect(report?.comparison).toMatch(/^reproduces/);
  });
});
