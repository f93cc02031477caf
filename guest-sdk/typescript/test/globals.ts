/** Imported first: what the tests' workflows see is global as in a component, but not Node's own. */

import { dalsegnoAsync } from '../src/async.js';
import { WorkflowPromise } from '../src/promise.js';

// The async functions of the tests become generators, which this drives.
Object.assign(globalThis, { Promise: WorkflowPromise, dalsegnoAsync });
