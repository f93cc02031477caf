/** Children: workflows started by this one. */

import { searchAttributePayloads, type SearchAttributes } from './attributes.js';
import { attributesOfCall } from './call.js';
import type { ChildOptions, Payload } from './contract.js';
import { type Duration, optionalMilliseconds } from './duration.js';
import { signalRun } from './external.js';
import {
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  type Failure,
  WorkflowExecutionAlreadyStartedError,
} from './failures.js';
import type { SignalDefinition } from './define-handlers.js';
import type { Host } from './host.js';
import { choose, keysOf } from './names.js';
import { Operation } from './operation.js';
import { decodeValue, encodeAll, encodeNamed } from './payload.js';
import { type RetryPolicy, retryToContract } from './retry.js';
import { currentRuntime } from './runtime.js';
import { randomId } from './uuid.js';
import { type Workflow, workflowTypeName } from './workflow-types.js';

/** What cancelling waits for. */
const CANCELLATION_TYPES = {
  WAIT_CANCELLATION_COMPLETED: 'wait-completed',
  TRY_CANCEL: 'try-cancel',
  WAIT_CANCELLATION_REQUESTED: 'wait-requested',
  ABANDON: 'abandon',
} as const;
export type ChildWorkflowCancellationType = keyof typeof CANCELLATION_TYPES;
export const ChildWorkflowCancellationType = keysOf(CANCELLATION_TYPES);

/** What happens to the child when this run closes. */
const PARENT_CLOSE_POLICIES = {
  TERMINATE: 'terminate',
  ABANDON: 'abandon',
  REQUEST_CANCEL: 'request-cancel',
} as const;
export type ParentClosePolicy = keyof typeof PARENT_CLOSE_POLICIES;
export const ParentClosePolicy = keysOf(PARENT_CLOSE_POLICIES);

/** Whether the id of a closed workflow may be used again. */
const ID_REUSE_POLICIES = {
  ALLOW_DUPLICATE: 'allow',
  ALLOW_DUPLICATE_FAILED_ONLY: 'failed-only',
  REJECT_DUPLICATE: 'reject',
} as const;
export type WorkflowIdReusePolicy = keyof typeof ID_REUSE_POLICIES;
export const WorkflowIdReusePolicy = keysOf(ID_REUSE_POLICIES);

/** Which module the child runs: the parent's own if it has the type, or the current one of the type. */
const MODULE_POLICIES = { INHERIT: 'inherit', CURRENT: 'current' } as const;
export type ModulePolicy = keyof typeof MODULE_POLICIES;

export interface ChildWorkflowOptions {
  /** A random one by default. */
  workflowId?: string;
  /** The run's own by default, like the task queue. */
  namespace?: string;
  taskQueue?: string;
  /** The time limit of the child with all that continues it. */
  workflowExecutionTimeout?: Duration;
  /** The time limit of each of its runs. */
  workflowRunTimeout?: Duration;
  /** How the child is repeated when it fails; not at all by default. */
  retry?: RetryPolicy;
  /** `ALLOW_DUPLICATE` by default. */
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  /** `TERMINATE` by default. */
  parentClosePolicy?: ParentClosePolicy;
  /** `WAIT_CANCELLATION_COMPLETED` by default. */
  cancellationType?: ChildWorkflowCancellationType;
  /** `INHERIT` by default. */
  modulePolicy?: ModulePolicy;
  memo?: Record<string, unknown>;
  searchAttributes?: SearchAttributes;
  /** A line for people. */
  summary?: string;
  /** Values that travel beside the arguments. */
  headers?: Record<string, unknown>;
}

type WithArgs<Args extends unknown[]> = [] extends Args
  ? ChildWorkflowOptions & { args?: Args }
  : ChildWorkflowOptions & { args: Args };

/** What needs no arguments is started without options too. */
type WithoutArgs = () => Promise<unknown>;

type ResultOf<F extends Workflow> = Awaited<ReturnType<F>>;

/** A child that is durably started. */
export interface ChildWorkflowHandle<R> {
  readonly workflowId: string;
  readonly firstExecutionRunId: string;
  /** Its result. Rejected with a `ChildWorkflowFailure`, whose cause says why. */
  result(): Promise<R>;
  /** Sends it a signal; resolved when it is in the child's history. */
  signal<Args extends unknown[]>(definition: SignalDefinition<Args> | string, ...args: Args): Promise<void>;
  /** Asks it to cancel. What `result` then waits for is the cancellation type's to say. */
  cancel(reason?: string): void;
}

/** Starts a child and waits for its result. */
export function executeChild<F extends Workflow>(
  type: string | F,
  options: WithArgs<Parameters<F>>,
): Promise<ResultOf<F>>;
export function executeChild<F extends WithoutArgs>(type: string | F): Promise<ResultOf<F>>;
export function executeChild(
  type: string | Workflow,
  options: ChildWorkflowOptions & { args?: unknown[] } = {},
): Promise<unknown> {
  return new Child(type, options).execute();
}

/** Starts a child; resolved once it is durably started. */
export function startChild<F extends Workflow>(
  type: string | F,
  options: WithArgs<Parameters<F>>,
): Promise<ChildWorkflowHandle<ResultOf<F>>>;
export function startChild<F extends WithoutArgs>(type: string | F): Promise<ChildWorkflowHandle<ResultOf<F>>>;
export function startChild(
  type: string | Workflow,
  options: ChildWorkflowOptions & { args?: unknown[] } = {},
): Promise<ChildWorkflowHandle<unknown>> {
  return new Child(type, options).start();
}

/** A child: two operations, its start and its end, cancelled as one. */
class Child {
  private readonly workflowType: string;
  private readonly workflowId: string;
  private readonly options: ChildWorkflowOptions;
  private readonly input: Payload[];
  private readonly runtime = currentRuntime();
  private runId = '';
  private closed: Operation<unknown> | undefined;
  private isCancelRequested = false;
  /** Nothing more is heard of it. */
  private isGone = false;

  constructor(
    type: string | Workflow,
    { args = [], ...options }: ChildWorkflowOptions & { args?: unknown[] },
  ) {
    this.workflowType = workflowTypeName(type);
    this.options = options;
    this.input = encodeAll(args, `child ${this.workflowType}`);
    // The host's own choice would not be told to us.
    this.workflowId = options.workflowId ?? randomId();
  }

  start(): Promise<ChildWorkflowHandle<unknown>> {
    return this.started((child) => child.handle());
  }

  execute(): Promise<unknown> {
    return this.started((child) => child.result());
  }

  private started<R>(then: (child: Child) => R): Promise<Awaited<R>> {
    const child = this.toContract();
    const started = Operation.begin<string>({
      name: `start of child ${this.workflowType} \`${this.workflowId}\``,
      start: (host) => {
        const operations = host.startChild(this.workflowType, this.input, child);
        // The child may end in the same activation in which it starts.
        this.closed = Operation.of({ ...this.ending(), name: this.name }, operations.closed);
        this.closed.outcome.ignoreRejection();
        return operations.started;
      },
      ...this.ending(),
      read: (payload) => {
        this.runId = String(decodeValue(payload));
        return this.runId;
      },
    });
    return started.outcome.then(
      () => then(this),
      (error: unknown) => {
        this.closed?.abort(new CancelledFailure());
        throw this.startFailure(error);
      },
    ) as Promise<Awaited<R>>;
  }

  private get name(): string {
    return `child ${this.workflowType} \`${this.workflowId}\``;
  }

  /** How either operation is cancelled: by the child's end. */
  private ending() {
    return {
      cancel: (host: Host, _: number, reason: string): boolean => {
        const { closed } = this;
        if (closed === undefined || this.isCancelRequested) return this.isGone;
        this.isCancelRequested = true;
        this.isGone = host.cancelChild(closed.id, reason);
        return this.isGone;
      },
      cancelled: (): Failure => this.cancelled(),
    };
  }

  private result(): Promise<unknown> {
    return (this.closed as Operation<unknown>).outcome;
  }

  private handle(): ChildWorkflowHandle<unknown> {
    const { workflowId, runId, options } = this;
    const target = { namespace: options.namespace, workflowId, runId: undefined };
    return {
      workflowId,
      firstExecutionRunId: runId,
      result: () => this.result(),
      signal: (definition, ...args) => signalRun(target, definition, args, true),
      cancel: (reason = '') => this.closed?.cancel(reason),
    };
  }

  /** What to say of a child that was given up. */
  private cancelled(): ChildWorkflowFailure {
    const message = 'child workflow cancelled';
    const namespace = this.options.namespace ?? this.runtime.info.namespace;
    const execution = { workflowId: this.workflowId, runId: this.runId };
    const cause = new CancelledFailure(message);
    return new ChildWorkflowFailure(
      message,
      namespace,
      execution,
      this.workflowType,
      'CANCEL_REQUESTED',
      cause,
    );
  }

  private startFailure(error: unknown): unknown {
    if (!(error instanceof ApplicationFailure) || !TAKEN.has(error.type)) return error;
    const { message, type } = error;
    return new WorkflowExecutionAlreadyStartedError(message, type, this.workflowId, this.workflowType);
  }

  private toContract(): ChildOptions {
    const { options } = this;
    return {
      workflowId: this.workflowId,
      namespace: options.namespace,
      taskQueue: options.taskQueue,
      executionTimeoutMs: optionalMilliseconds(options.workflowExecutionTimeout, 'workflowExecutionTimeout'),
      runTimeoutMs: optionalMilliseconds(options.workflowRunTimeout, 'workflowRunTimeout'),
      retryPolicy: retryToContract(options.retry),
      idReusePolicy: choose(ID_REUSE_POLICIES, options.workflowIdReusePolicy, 'workflowIdReusePolicy'),
      parentClosePolicy: choose(PARENT_CLOSE_POLICIES, options.parentClosePolicy, 'parentClosePolicy'),
      cancellationType: choose(CANCELLATION_TYPES, options.cancellationType, 'cancellationType'),
      modulePolicy: choose(MODULE_POLICIES, options.modulePolicy, 'modulePolicy'),
      memo: encodeNamed(options.memo),
      searchAttributes: searchAttributePayloads(options.searchAttributes ?? []),
      ...attributesOfCall(options),
    };
  }
}

/** The types of failures that say that the id is taken. */
const TAKEN = new Set(['WorkflowAlreadyRunning', 'WorkflowIdReused']);
