import type { DiskFaults, Rot, SimulatedDisk } from '../disk/index.js';

/** A fault of a disk as a command brings it: what is wrong for as long as it lasts, and what rots as it begins. */
export interface DiskFaultStart extends DiskFaults {
  readonly rot?: Rot;
}

/** The faults that a disk has at a time, each by the name of the planned fault that brought it. */
export class ActiveDiskFaults {
  private readonly byName = new Map<string, DiskFaults>();

  constructor(private readonly disk: SimulatedDisk) {}

  add(name: string, { rot, ...faults }: DiskFaultStart): void {
    if (rot !== undefined) this.disk.rot(name, rot);
    this.disk.strikes.add(name, faults);
    this.byName.set(name, faults);
    this.apply();
  }

  remove(name: string): void {
    this.disk.strikes.remove(name);
    this.byName.delete(name);
    this.apply();
  }

  private apply(): void {
    const all = [...this.byName.values()];
    const has = (is: (faults: DiskFaults) => boolean | undefined): boolean => all.some((faults) => is(faults) === true);
    const isLying = has(({ syncLies }) => syncLies !== undefined);
    this.disk.setFaults({
      syncFails: has(({ syncFails }) => syncFails),
      directorySyncFails: has(({ directorySyncFails }) => directorySyncFails),
      ...(isLying ? { syncLies: has(({ syncLies }) => syncLies === 'never') ? 'never' : 'later' } : {}),
      full: has(({ full }) => full),
      readFails: has(({ readFails }) => readFails),
      stalled: has(({ stalled }) => stalled),
      extraLatencyUs: all.reduce((sum, { extraLatencyUs = 0 }) => sum + extraLatencyUs, 0),
      // The one that began last says what is left.
      crashBias: Object.assign({}, ...all.map(({ crashBias }) => crashBias)),
    });
  }
}
