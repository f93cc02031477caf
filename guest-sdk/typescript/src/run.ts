/** One run: applies events, runs the jobs, answers. Start reading here. */

import { complete, end } from './closing.js';
import { runIn } from './context.js';
import type { Activation, Event, Payload, Request, Start } from './contract.js';
import { ContinueAsNew } from './continue-as-new.js';
import { ApplicationFailure, Failure, isCancellation } from './failures.js';
import {
  badArguments,
  query,
  refuseBufferedUpdates,
  signalled,
  updateAccepted,
  validateUpdate,
} from './handling.js';
import type { Host } from './host.js';
import { METADATA, metadata, STACK_TRACE } from './inspect.js';
import { decodeAll, encodeValue } from './payload.js';
import { takeUnhandled, WorkflowPromise } from './promise.js';
import { clearJobs, enqueue } from './queue.js';
import { Runtime } from './runtime.js';
import type { WorkflowType } from './workflow-types.js';

/** The run that this component lives for. */
export class Run {
  private readonly runtime: Runtime;
  private type: WorkflowType | undefined;

  constructor(
    host: Host,
    private readonly types: Map<string, WorkflowType>,
  ) {
    this.runtime = Runtime.install(host);
  }

  /**
   * Delivers events, then runs until everything waits.
   *
   * @throws if the code has a bug; the host discards what this activation asked for.
   */
  activate(activation: Activation): void {
    const { runtime } = this;
    runtime.begin(activation);
    for (const event of activation.events) {
      if (!runtime.isClosed) this.apply(event);
    }
    runtime.run();
    refuseBufferedUpdates(runtime);
    this.reportUnhandled();
    if (runtime.isClosed) clearJobs();
    const bug = runtime.takeBug();
    if (bug !== undefined) throw asBug(bug.error);
  }

  /** @throws what the validator throws, or that there is no such handler. */
  validateUpdate(update: Request): void {
    this.checkStarted();
    validateUpdate(this.runtime, update);
  }

  /** @throws what the handler throws, or that there is none. */
  query(request: Request): Payload {
    const type = this.checkStarted();
    if (request.name === STACK_TRACE) return encodeValue(this.runtime.stackTrace());
    if (request.name === METADATA) return encodeValue(metadata(this.runtime, type));
    return query(this.runtime, request);
  }

  private apply(event: Event): void {
    const { runtime } = this;
    switch (event.tag) {
      case 'started':
        return this.start(event.val);
      case 'resumed':
        return runtime.resolve(event.val.operation, event.val.outcome);
      case 'signalled':
        return signalled(runtime, event.val);
      case 'update-accepted':
        return updateAccepted(runtime, event.val);
      case 'cancel-requested':
        runtime.cancelRequested = true;
        return runtime.root.cancel(event.val);
      case 'reseeded':
        return runtime.random.reseed(event.val);
      default:
      // Names that a later host may send are ignored.
    }
  }

  private start(start: Start): void {
    const { runtime } = this;
    const type = this.types.get(start.workflowType);
    if (type === undefined) {
      const message = `this module has no workflow type \`${start.workflowType}\``;
      return runtime.reportBug(ApplicationFailure.create({ message, type: 'UnknownWorkflowType' }));
    }
    runtime.random.reseed(start.seed);
    runtime.failureTypes = type.options.failureExceptionTypes ?? [];
    let args: unknown[];
    try {
      args = decodeAll(start.input);
    } catch (error) {
      // Whoever starts a run with wrong arguments learns it as the run's result.
      return end(runtime, badArguments('the input', error));
    }
    this.type = type;
    runtime.beginTask(runtime.task);
    // After the other events of this activation: signals that came with the start are there before it.
    enqueue({ run: () => this.begin(type, args) });
    for (const signal of start.carriedSignals) signalled(runtime, signal);
  }

  private begin(type: WorkflowType, args: unknown[]): void {
    const { runtime } = this;
    const failed = (error: unknown): void => end(runtime, error);
    try {
      const main = runIn(runtime.context, () => type.run(...args));
      WorkflowPromise.resolve(main).then((result) => complete(runtime, result), failed);
    } catch (error) {
      failed(error);
    }
  }

  /** What nobody waits for is still not lost: a bug ends the activation, a failure is told. */
  private reportUnhandled(): void {
    const { runtime } = this;
    for (const reason of takeUnhandled()) {
      if (runtime.isClosed || isCancellation(reason) || reason instanceof ContinueAsNew) continue;
      if (!(reason instanceof Failure)) runtime.reportBug(reason);
      else runtime.host.log('warn', `nobody waits for what failed: ${reason}`, []);
    }
  }

  private checkStarted(): WorkflowType {
    if (this.type !== undefined) return this.type;
    const message = 'the workflow has not begun, or not with these arguments';
    throw ApplicationFailure.nonRetryable(message, 'NotStarted');
  }
}

/** A bug as it is told: with the kind of error that it is. */
function asBug(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const failure = ApplicationFailure.fromError(error);
  failure.message = `${failure.type}: ${failure.message}`;
  return failure;
}
