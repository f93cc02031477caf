/** What workflow code cannot have, with what to use instead. */

const ACTIVITY = 'do it in an activity (proxyActivities, or http for a request)';
const ONE_THREAD = 'a workflow has one thread: use async functions and Promise.all';
const COLLECTED = 'when memory is collected differs from run to run';

/** A function or class that says so when it is called. */
function refusing(name: string, why: string): () => never {
  const refuse = (): never => {
    throw new Error(`${name} is not possible in a workflow: ${why}`);
  };
  // As a class too.
  return new Proxy(function () {} as () => never, { apply: refuse, construct: refuse });
}

const refusedWait = { wait: refusing('Atomics.wait', 'nothing may block: await sleep or condition') };

export const forbidden = {
  fetch: refusing('fetch', ACTIVITY),
  XMLHttpRequest: refusing('XMLHttpRequest', ACTIVITY),
  WebSocket: refusing('WebSocket', ACTIVITY),
  EventSource: refusing('EventSource', ACTIVITY),
  Worker: refusing('Worker', ONE_THREAD),
  SharedArrayBuffer: refusing('SharedArrayBuffer', ONE_THREAD),
  Atomics: new Proxy(refusedWait, {
    get: (target, name) => (name === 'wait' ? target.wait : refusing(`Atomics.${String(name)}`, ONE_THREAD)),
  }),
  setImmediate: refusing('setImmediate', 'use queueMicrotask or setTimeout'),
  requestAnimationFrame: refusing('requestAnimationFrame', 'use setTimeout'),
  WeakRef: refusing('WeakRef', COLLECTED),
  FinalizationRegistry: refusing('FinalizationRegistry', COLLECTED),
};
