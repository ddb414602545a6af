export { SimulatedDisk } from './simulated-disk.js';
export type { CrashKind, DiskFaults, DiskLatenciesUs, LatencyRangeUs, SimulatedDiskOptions } from './simulated-disk.js';
export type { CrashChoice, DiskImage } from './crash-choice.js';
