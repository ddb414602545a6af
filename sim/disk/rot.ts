import type { Rot } from './disk-faults.js';
import type { SimulatedFile } from './simulated-file.js';
import type { Strike } from './strikes.js';

type Names = ReadonlyMap<string, SimulatedFile>;

/** A place where something may be damaged: a file, and how many of its bytes are on the disk. */
interface Place {
  readonly file: SimulatedFile;
  readonly length: number;
}

function placesOf(names: Names, lengthOf: (file: SimulatedFile) => number): readonly Place[] {
  return [...names.keys()]
    .sort()
    .map((name) => names.get(name)!)
    .map((file) => ({ file, length: lengthOf(file) }))
    .filter(({ length }) => length > 0);
}

/** The byte of all places together that stands at `at`. */
function find(places: readonly Place[], at: number): { readonly place: Place; readonly offset: number } | undefined {
  let left = at;
  for (const place of places) {
    if (left < place.length) return { place, offset: left };
    left -= place.length;
  }
  return undefined;
}

/** Bits or whole sectors of synced bytes become others; a file is hit in proportion to its length. */
export function rotAtRest(names: Names, rot: Rot, draw: (purpose: string, occurrence: number) => number): void {
  const places = placesOf(names, ({ syncedLength }) => syncedLength);
  const total = places.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) return;
  for (let n = 1; n <= rot.count; n++) {
    const { place, offset } = find(places, draw('place', n) % total)!;
    if (rot.what === 'bit') {
      const mask = 1 << (draw('bit', n) & 7);
      place.file.change(offset, offset + 1, (_, byte) => byte ^ mask);
      continue;
    }
    const from = offset - (offset % rot.sectorBytes);
    const to = Math.min(from + rot.sectorBytes, place.length);
    let word = draw('garbage', n);
    // Garbage that differs in every byte: xorshift32 (Marsaglia, 2003), without the mask that changes nothing.
    place.file.change(from, to, (_, byte) => {
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
      return byte ^ (1 + ((word >>> 3) % 255));
    });
  }
}

/** Bytes that should have been appended to `target` land over others, at the begin of a sector: in the same file or another. */
export function damageOf(names: Names, target: SimulatedFile, bytes: Uint8Array, strike: Strike): void {
  const places = placesOf(names, (file) => (file === target ? file.length - bytes.length : file.length));
  const total = places.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) return;
  const { place, offset } = find(places, strike.draw('place') % total)!;
  const from = offset - (offset % strike.sectorBytes);
  const to = Math.min(from + bytes.length, place.length);
  place.file.change(from, to, (at) => bytes[at - from]!);
}
