export { SimulatedDisk } from './simulated-disk.js';
export type { DiskLatenciesUs, LatencyRangeUs, SimulatedDiskOptions } from './simulated-disk.js';
export type { CrashBias, DiskFaults, Rot, StrikeRule } from './disk-faults.js';
export type { CrashChoice, CrashKind, DiskImage } from './crash-choice.js';
