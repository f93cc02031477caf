/** Ending a run by beginning a new one with a fresh history. */

import { searchAttributePayloads, type SearchAttributes } from './attributes.js';
import type { ContinueAsNewOptions as Options, Payload } from './contract.js';
import { type Duration, optionalMilliseconds } from './duration.js';
import { encodeAll, encodeNamed } from './payload.js';
import { WorkflowPromise } from './promise.js';
import { currentRuntime } from './runtime.js';
import { type RetryPolicy, retryToContract } from './retry.js';
import { CancellationScope } from './scope.js';
import { captureStack } from './stack.js';
import { workflowTypeName, type Workflow } from './workflow-types.js';

/** What is absent is as in this run. */
export interface ContinueAsNewOptions {
  workflowType?: string;
  taskQueue?: string;
  workflowRunTimeout?: Duration;
  retry?: RetryPolicy;
  /** The new run then has these fields, and none of this one. */
  memo?: Record<string, unknown>;
  /** The new run then has these, and none of this one. */
  searchAttributes?: SearchAttributes;
  /** True: the new run takes the current module of its type, not this run's own. */
  currentModule?: boolean;
  /** Values that travel beside the arguments. */
  headers?: Record<string, unknown>;
}

/** Thrown to end the run; not to be caught. */
export class ContinueAsNew extends Error {
  constructor(
    readonly input: Payload[],
    readonly options: Options,
    readonly scope: CancellationScope,
    callSite: string,
  ) {
    super('the workflow continues as new');
    this.name = 'ContinueAsNew';
    this.stack = callSite;
  }
}

/**
 * Closes the run, and starts one of the same workflow id with a fresh history: `return continueAsNew<typeof order>(args)`.
 *
 * Signals without a handler go to the new run, which receives them before all else. Handlers that are at work are given
 * up, with a warning: wait for `allHandlersFinished` before. A run that was asked to cancel closes as cancelled instead,
 * because the new run would know nothing of the request; in `CancellationScope.nonCancellable` it goes on all the same.
 */
export function continueAsNew<F extends Workflow>(...args: Parameters<F>): Promise<never> {
  return makeContinueAsNewFunc<F>()(...args);
}

/** The same with options. */
export function makeContinueAsNewFunc<F extends Workflow>(
  options: ContinueAsNewOptions = {},
): (...args: Parameters<F>) => Promise<never> {
  const call = (...args: Parameters<F>): Promise<never> => {
    currentRuntime().checkMayChange('continue-as-new');
    const input = encodeAll(args, 'continue-as-new');
    const scope = CancellationScope.current();
    return WorkflowPromise.reject(new ContinueAsNew(input, toContract(options), scope, captureStack(call)));
  };
  return call;
}

function toContract(options: ContinueAsNewOptions): Options {
  const { workflowType, taskQueue, memo, searchAttributes } = options;
  return {
    workflowType: workflowType === undefined ? undefined : workflowTypeName(workflowType),
    taskQueue,
    runTimeoutMs: optionalMilliseconds(options.workflowRunTimeout, 'workflowRunTimeout'),
    retryPolicy: retryToContract(options.retry),
    memo: memo && encodeNamed(memo),
    searchAttributes: searchAttributes && searchAttributePayloads(searchAttributes),
    currentModule: options.currentModule ?? false,
    carriedSignals: [],
    headers: encodeNamed(options.headers),
    extensions: [],
  };
}
