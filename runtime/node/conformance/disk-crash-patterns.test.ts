import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CRASH_PATTERNS, forceAll, recoverAll, type CrashPattern } from '../../../sim/disk/crash-patterns.fixture.js';
import { judgeRecord, type DiskRecord } from '../../../sim/disk/record-judge.fixture.js';
import { RecordingDisk } from '../../../sim/disk/recording-disk.js';
import { runDiskScript } from '../../storage/disk-script.js';
import { openDirectoryDisk } from '../disk.js';

/** So small that the few bytes of a pattern fill several. */
const SECTOR_BYTES = 2;

/** Carries a pattern out in a directory of this machine, and keeps the calls that it made. */
async function recordReal({ name, initial, write }: CrashPattern): Promise<DiskRecord> {
  const directory = mkdtempSync(join(tmpdir(), 'orrery-pattern-'));
  for (const [file, bytes] of initial()) writeFileSync(join(directory, file), bytes);
  const disk = openDirectoryDisk(directory);
  const recording = new RecordingDisk(disk);
  try {
    await new Promise<void>((resolve, reject) =>
      runDiskScript(recording, write(), (outcome) => (outcome.ok ? resolve() : reject(outcome.error as Error))),
    );
  } finally {
    await disk.close();
    rmSync(directory, { recursive: true });
  }
  return { name, initial: initial(), events: recording.events };
}

test.each([
  ['bytes survive as prefixes', undefined],
  [`sectors of ${SECTOR_BYTES} bytes survive one by one`, SECTOR_BYTES],
])('every crash state of each pattern, recorded in a real directory: %s', async (model, sectorBytes) => {
  const lines: string[] = [];
  for (const pattern of CRASH_PATTERNS) {
    const record = await recordReal(pattern);
    const { points, images, differentImages } = judgeRecord(record, sectorBytes);
    const forced = forceAll(record, sectorBytes);
    const { ever, whenDone, recoveries } = recoverAll(pattern, record, sectorBytes);
    expect(ever, pattern.name).toEqual(pattern.everFound);
    expect(whenDone, pattern.name).toEqual(pattern.foundWhenDone);
    expect(recoveries, pattern.name).toBe(differentImages);
    expect(forced, pattern.name).toBeGreaterThanOrEqual(images);
    lines.push(
      `${pattern.name.padEnd(50)} ${points} points, ${images} states, ${differentImages} different, ${forced} forced; ` +
        `ever ${ever.join(' ')}; when done ${whenDone.join(' ')}`,
    );
  }
  expect(lines.length).toBeGreaterThanOrEqual(10);
  console.log([model, ...lines].join('\n'));
});
