/** Imported first: what the tests' workflows see is global as in a component, but not Node's own. */

import { WorkflowPromise } from '../src/promise.js';

// The async functions of the tests become generators over this one.
globalThis.Promise = WorkflowPromise as unknown as PromiseConstructor;
