export * from './smaller-cases.js';
export * from './sublist.js';
