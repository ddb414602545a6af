import type { CrashChoice, CrashKind } from './crash-choice.js';
import type { CrashBias } from './disk-faults.js';
import { DIRECTORY, type SimulatedDirectory } from './simulated-directory.js';
import { unsyncedSectors, type ByteRange } from './unsynced-sectors.js';

/** A stateless draw for this crash, uint32; `part` counts from 1 where a purpose has several. */
type Draw = (purpose: string, file: string, part?: number) => number;

/** The outcome of a crash, by the fate of each file. A bias is for losses of power; the death of a process loses no page. */
export function drawCrash(
  directory: SimulatedDirectory,
  kind: CrashKind,
  given: CrashBias | undefined,
  draw: Draw,
): CrashChoice {
  const bias = kind === 'power' ? (given ?? {}) : {};
  const atLeast = kind === 'process' ? directory.keptByMachine() : 0;
  const most = directory.operationCount;
  const drawNames = (): number => drawKept(draw, 'disk-crash-names', DIRECTORY, atLeast, most);
  const directoryOperations = bias.names === 'none' ? atLeast : bias.names === 'all' ? most : drawNames();
  const lengths = new Map<string, number>();
  const lost = new Map<string, readonly ByteRange[]>();
  for (const [name, file] of directory.namesAfter(directoryOperations)) {
    const certain = kind === 'process' ? file.completedLength : file.syncedLength;
    const length = drawLength(bias, draw, name, certain, file.length);
    lengths.set(name, length);
    if (bias.sectorBytes === undefined) continue;
    const sectors = unsyncedSectors(file.syncedLength, length, bias.sectorBytes);
    lost.set(
      name,
      sectors.filter((_, place) => draw('disk-crash-sector', name, place + 1) % 2 === 0),
    );
  }
  return lost.size === 0 ? { directoryOperations, lengths } : { directoryOperations, lengths, lost };
}

function drawLength({ bytes }: CrashBias, draw: Draw, name: string, certain: number, length: number): number {
  if (bytes === 'none') return certain;
  if (bytes === 'all') return length;
  if (bytes === 'part' && length - certain > 1) {
    return certain + 1 + (draw('disk-crash', name) % (length - certain - 1));
  }
  return drawKept(draw, 'disk-crash', name, certain, length);
}

function drawKept(draw: Draw, purpose: string, file: string, atLeast: number, atMost: number): number {
  if (atLeast === atMost) return atLeast;
  const drawn = draw(purpose, file);
  if (drawn % 4 === 0) return atLeast;
  if (drawn % 4 === 1) return atMost;
  return atLeast + (Math.floor(drawn / 4) % (atMost - atLeast + 1));
}
