import type { DiskFaults, SimulatedDisk } from '../disk/index.js';

/** The faults that a disk has at a time, each by the name of the planned fault that brought it. */
export class ActiveDiskFaults {
  private readonly byName = new Map<string, DiskFaults>();

  constructor(private readonly disk: SimulatedDisk) {}

  add(name: string, faults: DiskFaults): void {
    this.byName.set(name, faults);
    this.apply();
  }

  remove(name: string): void {
    this.byName.delete(name);
    this.apply();
  }

  private apply(): void {
    const all = [...this.byName.values()];
    this.disk.setFaults({
      syncFails: all.some(({ syncFails }) => syncFails === true),
      full: all.some(({ full }) => full === true),
      readFails: all.some(({ readFails }) => readFails === true),
      extraLatencyUs: all.reduce((sum, { extraLatencyUs = 0 }) => sum + extraLatencyUs, 0),
    });
  }
}
