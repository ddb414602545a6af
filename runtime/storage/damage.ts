import type { FormatFault } from './file-format.js';

/** The files of a storage hold what no crash can have left there. Nothing has been changed. */
export class DamagedStorage extends Error {
  constructor(file: string, offset: number, what: string) {
    super(
      `${file} at byte ${offset}: ${what}. No crash leaves a file like this, so acknowledged writes may be gone, and the node ` +
        `does not start. Restore the whole directory from a copy; or, where other nodes hold its data, move it away and let ` +
        `the node join them again as a new member.`,
    );
    this.name = 'DamagedStorage';
  }

  static from(file: string, fault: FormatFault): DamagedStorage {
    return new DamagedStorage(file, fault.offset, fault.what);
  }
}
