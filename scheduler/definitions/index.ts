export * from './definition-fault.js';
export * from './duration.js';
export * from './json-text.js';
export * from './limits.js';
export * from './read-definitions.js';
export * from './source.js';
export * from './task.js';
