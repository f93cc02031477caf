/** The conformance scenarios in TypeScript. See the README of the folder above. */

export * from './activities';
export * from './attempts';
export * from './bugs';
export * from './cancellation';
export * from './chains';
export * from './children';
export * from './data';
export * from './giving-up';
export * from './options';
export * from './other-runs';
export * from './queries';
export * from './signals';
export * from './surroundings';
export * from './timers';
export * from './updates';
