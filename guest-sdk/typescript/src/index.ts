/// <reference path="../globals.d.ts" />
/** Durable workflows in TypeScript, for the Dalsegno host. */

export {
  ActivityCancellationType,
  type ActivityOptions,
  type ActivityProxy,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
  scheduleActivity,
  scheduleLocalActivity,
} from './activity.js';
export {
  defineSearchAttributeKey,
  getCurrentDetails,
  type SearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
  type SearchAttributes,
  type SearchAttributeValue,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
} from './attributes.js';
export {
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  executeChild,
  type ModulePolicy,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
} from './child.js';
export { condition } from './condition.js';
export type { UpdateInfo } from './context.js';
export {
  ContinueAsNew,
  continueAsNew,
  type ContinueAsNewOptions,
  makeContinueAsNewFunc,
} from './continue-as-new.js';
export type { Payload } from './contract.js';
export {
  allHandlersFinished,
  currentUpdateInfo,
  type DefaultQueryHandler,
  type DefaultSignalHandler,
  type DefaultUpdateHandler,
  defineQuery,
  defineSignal,
  defineUpdate,
  HandlerUnfinishedPolicy,
  type QueryDefinition,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  type SignalDefinition,
  type UpdateDefinition,
} from './define-handlers.js';
export type { Duration } from './duration.js';
export { type ExternalWorkflowHandle, getExternalWorkflowHandle } from './external.js';
export {
  ActivityFailure,
  ApplicationFailure,
  type ApplicationFailureOptions,
  CancelledFailure,
  ChildWorkflowFailure,
  Failure,
  isCancellation,
  type RetryState,
  rootCause,
  ServerFailure,
  TerminatedFailure,
  TimeoutFailure,
  type TimeoutType,
  WorkflowExecutionAlreadyStartedError,
} from './failures.js';
export { http, type HttpErrorStatus, type HttpOptions, type HttpResponse } from './http.js';
export { inWorkflowContext, type WorkflowInfo, workflowInfo } from './info.js';
export { log, type Logger } from './log.js';
export { type Counter, type Histogram, metricMeter } from './metrics.js';
export { deprecatePatch, getVersion, patched } from './patch.js';
export { RawValue } from './payload.js';
export type { RetryPolicy } from './retry.js';
export { CancellationScope, type CancellationScopeOptions } from './scope.js';
export { sleep, type SleepOptions } from './timer.js';
export { Trigger } from './trigger.js';
export { uuid4 } from './uuid.js';
export { defineWorkflow, type Workflow, type WorkflowOptions } from './workflow-types.js';
