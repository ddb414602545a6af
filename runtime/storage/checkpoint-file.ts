import type { Lsn } from '../envelope.js';
import { DamagedStorage } from './damage.js';
import type { DurableImage } from './durable-image.js';
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

/** What is handed to the disk at once. */
const CHUNK_BYTES = 262_144;

/**
 * The image as a file: one record for each write that makes it, numbered from 1, and a last one that holds their count, so
 * that a checkpoint which ends early does not pass for a smaller one.
 */
export function encodeCheckpoint(codec: RecordCodec, image: DurableImage, lsn: Lsn): readonly Uint8Array[] {
  const header = new Uint8Array(FILE_HEADER_BYTES);
  putFileHeader(header, 0, { kind: 'checkpoint', number: 0, firstLsn: lsn });
  const chunks: Uint8Array[] = [header];
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  let count = 0;
  const flush = (): void => {
    const chunk = new Uint8Array(gatheredBytes);
    let at = 0;
    let number = count - gathered.length;
    for (const payload of gathered) at = putRecord(chunk, at, ++number, payload);
    chunks.push(chunk);
    gathered = [];
    gatheredBytes = 0;
  };
  const add = (payload: Uint8Array): void => {
    gathered.push(payload);
    gatheredBytes += payload.length + RECORD_OVERHEAD_BYTES;
    count++;
    if (gatheredBytes >= CHUNK_BYTES) flush();
  };
  for (const write of image.writes()) add(codec.encode([write]));
  add(codec.encodePlain(count));
  if (gathered.length > 0) flush();
  return chunks;
}

/** Applies a checkpoint to an empty image. It was synced before it got its name, so anything less than the whole of it is damage. */
export function loadCheckpoint(
  codec: RecordCodec,
  file: string,
  bytes: Uint8Array,
  lsn: Lsn,
  maxRecordBytes: number,
  image: DurableImage,
): void {
  const header = readFileHeader(bytes, 'checkpoint', 0);
  if (isFormatFault(header)) throw DamagedStorage.from(file, header);
  if (header.firstLsn !== lsn) throw new DamagedStorage(file, 16, `a checkpoint of LSN ${header.firstLsn}`);
  let isWhole = false;
  const { end, fault } = scanRecords(bytes, 1, maxRecordBytes, (number, payload) => {
    if (isWhole) return 'a record after the last';
    const writes = codec.decode(payload);
    if (writes !== undefined)
      return writes.map((write) => image.apply(write)).find((complaint) => complaint !== undefined);
    isWhole = codec.decodePlain(payload) === number - 1;
    return isWhole ? undefined : 'no record of a checkpoint';
  });
  if (fault !== undefined) throw DamagedStorage.from(file, fault);
  if (!isWhole) throw new DamagedStorage(file, end, 'the checkpoint ends early');
}
