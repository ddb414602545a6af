import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOG_SCENARIOS, playScenario, type LogScenario } from '../../sim/disk/log-scenarios.fixture.js';
import { judgeRecoveries, judgeSimulator, type LogRecord } from '../../sim/disk/record-judge.fixture.js';
import { RecordingDisk } from '../../sim/disk/recording-disk.js';
import type { Disk, DiskError } from '../ports.js';
import { BAD_FILE_NAMES, DISK_CONFORMANCE, DISK_ORDER } from '../storage/conformance.js';
import { requestOf, runDiskScript, type DiskRequest, type DiskScript } from '../storage/disk-script.js';
import { DirectoryInUseError } from './directory-lock.js';
import { openDirectoryDisk, type DirectoryDisk } from './disk.js';

let directory: string;
let disk: DirectoryDisk;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orrery-disk-'));
  disk = openDirectoryDisk(directory);
});
afterEach(async () => {
  await disk.close();
  rmSync(directory, { recursive: true });
});

function run<T>(on: Disk, script: DiskScript<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    runDiskScript(on, script, (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error as Error)));
  });
}

function ask(request: DiskRequest): Promise<{ error: DiskError | undefined; value: unknown }> {
  return new Promise((resolve) => requestOf(disk, request, (error, value) => resolve({ error, value })));
}

describe('the disk on a directory does what every disk must', () => {
  test.each(DISK_CONFORMANCE)('$name', ({ script }) => run(disk, script()));

  test.each(DISK_ORDER)('in order: $name', async ({ requests, reads }) => {
    const found: Record<number, number[]> = {};
    const outcomes = await Promise.all(requests.map(ask));
    outcomes.forEach(({ error, value }, i) => {
      expect(error).toBeUndefined();
      if (value instanceof Uint8Array) found[i] = [...value];
    });
    expect(found).toEqual(reads);
  });

  test('refuses bad names of files at once', () => {
    for (const name of BAD_FILE_NAMES) {
      expect(() => disk.append(name, new Uint8Array(1), () => undefined), JSON.stringify(name)).toThrow(
        /no name of a file/,
      );
      expect(() => disk.rename(name, 'a', () => undefined), JSON.stringify(name)).toThrow(/no name of a file/);
    }
    expect(readdirSync(directory).filter((name) => !name.startsWith('.'))).toEqual([]);
  });
});

async function recordReal(scenario: LogScenario): Promise<LogRecord> {
  for (const [name, bytes] of scenario.before().image) writeFileSync(join(directory, name), bytes);
  const recording = new RecordingDisk(disk);
  // Each step begins when the checkpoint of the last has ended, so that how fast the disk is does not decide how many crash
  // states there are. The simulated arm has them overlap.
  const whenQuiet = (then: () => void): void => {
    setImmediate(() => (recording.openCalls === 0 ? then() : whenQuiet(then)));
  };
  const model = await new Promise<LogRecord['model']>((resolve) =>
    playScenario(scenario, recording, whenQuiet, resolve),
  );
  return { scenario, events: recording.events, model };
}

describe.each(LOG_SCENARIOS)('what the log of "$name" asks of a real directory', (scenario) => {
  test('the simulator can leave each crash state of the record, and the log recovers from each', async () => {
    const record = await recordReal(scenario);
    expect(judgeSimulator(record).differentImages).toBeGreaterThan(100);
    const equal = (expected: unknown, found: unknown): void => {
      if (!isDeepStrictEqual(expected, found)) expect(found).toEqual(expected);
    };
    expect(judgeRecoveries(record, 'any-order', equal).differentImages).toBeGreaterThan(100);
  });
});

describe('the directory of a disk', () => {
  const inAnotherProcess = (script: string): string => {
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    return stdout;
  };

  test('belongs to one disk at a time', async () => {
    expect(() => openDirectoryDisk(directory)).toThrow(DirectoryInUseError);
    expect(() => openDirectoryDisk(directory)).toThrow(
      `in use by process ${process.pid}; stop it, or give this node its own`,
    );
    await disk.close();
    disk = openDirectoryDisk(directory);
  });

  test('is taken over from a process that has died', async () => {
    await disk.close();
    const pid = Number(inAnotherProcess('console.log(process.pid)'));
    writeFileSync(join(directory, '.lock'), `${pid} 12345\n`);
    disk = openDirectoryDisk(directory);
    expect(() => openDirectoryDisk(directory)).toThrow(DirectoryInUseError);
  });

  test('is not taken over while another process does so', async () => {
    await disk.close();
    writeFileSync(join(directory, '.lock'), '999999999 1\n');
    writeFileSync(join(directory, '.lock.takeover'), `${process.pid}\n`);
    expect(() => openDirectoryDisk(directory)).toThrow(/remove .*\.lock\.takeover/);
    rmSync(join(directory, '.lock.takeover'));
    disk = openDirectoryDisk(directory);
  });

  test('is let go by close, after which nothing is done', async () => {
    const written = ask({ op: 'append', file: 'a', bytes: Uint8Array.of(1) });
    await disk.close();
    expect((await written).error).toBeUndefined();
    const { error } = await ask({ op: 'read', file: 'a' });
    expect(error).toMatchObject({ code: 'io' });
    expect(error?.message).toContain('closed');
    expect(readdirSync(directory)).toEqual(['a']);
    await disk.close();
  });

  test('shows only what a disk may be asked for', async () => {
    writeFileSync(join(directory, '.hidden'), '');
    expect((await ask({ op: 'list' })).value).toEqual([]);
  });

  test('reports what the system reports', async () => {
    const { error } = await ask({ op: 'append', file: 'x'.repeat(128), bytes: Uint8Array.of(1) });
    expect(error).toBeUndefined();
    rmSync(directory, { recursive: true });
    expect((await ask({ op: 'append', file: 'a', bytes: Uint8Array.of(1) })).error).toMatchObject({
      code: 'not-found',
    });
    await disk.close();
    writeFileSync(directory, 'a file where the directory was');
    expect(() => openDirectoryDisk(directory)).toThrow(/EEXIST|ENOTDIR/);
  });
});
