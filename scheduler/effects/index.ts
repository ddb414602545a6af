export * from './fenced-sink.js';
export * from './guarded-transition.js';
export * from './set-if-absent.js';
export * from './sink.js';
export * from './upsert.js';
