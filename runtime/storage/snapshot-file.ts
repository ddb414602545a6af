import type { Plain } from '../data.js';
import type { Lsn } from '../envelope.js';
import { DamagedStorage } from './damage.js';
import {
  FILE_HEADER_BYTES,
  RECORD_OVERHEAD_BYTES,
  isFormatFault,
  putFileHeader,
  putRecord,
  readFileHeader,
  scanRecords,
} from './file-format.js';
import type { RecordCodec } from './record-codec.js';

/** A snapshot as a file: one record that names the actor. It becomes real by a record of the log that names the file. */
export function encodeSnapshotFile(lsn: Lsn, ordinal: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES + RECORD_OVERHEAD_BYTES + payload.length);
  const at = putFileHeader(bytes, 0, { kind: 'snapshot', number: ordinal, firstLsn: lsn });
  putRecord(bytes, at, lsn, payload);
  return bytes;
}

/** The value. The file was synced before its record was written, so anything less than the whole of it is damage. */
export function decodeSnapshotFile(
  codec: RecordCodec,
  file: string,
  bytes: Uint8Array,
  actor: string,
  maxSnapshotBytes: number,
): Plain {
  const ordinal = Number(file.slice(file.lastIndexOf('-') + 1, -'.dat'.length));
  const header = readFileHeader(bytes, 'snapshot', ordinal);
  if (isFormatFault(header)) throw DamagedStorage.from(file, header);
  let content: Plain | undefined;
  const { end, fault, nextLsn } = scanRecords(bytes, header.firstLsn, maxSnapshotBytes, (_lsn, payload) => {
    content = codec.decodePlain(payload);
    return content === undefined ? 'the record is no snapshot' : undefined;
  });
  if (fault !== undefined) throw DamagedStorage.from(file, fault);
  if (nextLsn !== header.firstLsn + 1 || !Array.isArray(content)) {
    throw new DamagedStorage(file, end, 'a snapshot is one record');
  }
  const [owner, value] = content as readonly Plain[];
  if (owner !== actor)
    throw new DamagedStorage(file, FILE_HEADER_BYTES, `a snapshot of ${String(owner)}, not of ${actor}`);
  return value!;
}
