/** Reflected form of the Castagnoli polynomial. */
const POLYNOMIAL = 0x82f63b78;

/** Slicing by four: table k holds the effect of a byte that stands k places before the end of a word. */
function buildTables(): Int32Array {
  const tables = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let k = 1; k < 4; k++) {
      const before = tables[(k - 1) * 256 + byte]!;
      tables[k * 256 + byte] = (before >>> 8) ^ tables[before & 0xff]!;
    }
  }
  return tables;
}

const TABLES: ArrayLike<number> = buildTables();

/** CRC-32C (RFC 3720, appendix B.4) of `bytes[start .. end-1]`, uint32. `seed` is the CRC of what stands before. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length, seed = 0): number {
  let crc = ~seed;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      TABLES[768 + (word & 0xff)]! ^
      TABLES[512 + ((word >>> 8) & 0xff)]! ^
      TABLES[256 + ((word >>> 16) & 0xff)]! ^
      TABLES[word >>> 24]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
