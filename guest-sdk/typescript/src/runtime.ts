/** What the code of a run shares: its host, its waits, its outcomes, its scopes, its handlers, and how it ends. */

import { RequestBuffer } from './buffer.js';
import type { Condition } from './condition.js';
import type { Context, Task } from './context.js';
import type { Activation, Outcome, Payload, RunInfo } from './contract.js';
import { Handlers, HandlersAtWork } from './handlers.js';
import type { Host } from './host.js';
import { clearJobs, runJobs } from './queue.js';
import { Random } from './random.js';
import { RootScope } from './scope.js';
import { captureStack, frames } from './stack.js';
import { Waits } from './waits.js';

/** Waits for the outcome of an operation. */
export interface Expecting {
  resolve(outcome: Outcome): void;
}

/** A class of errors. */
export type FailureType = abstract new (...args: never[]) => Error;

let present: Runtime | undefined;

/** The run that this component lives for. */
export function currentRuntime(): Runtime {
  if (present !== undefined) return present;
  throw new Error('this works only inside a workflow: call it in the workflow function or in a handler');
}

export function tryCurrentRuntime(): Runtime | undefined {
  return present;
}

export class Runtime {
  readonly waits = new Waits();
  readonly conditions = new Set<Condition>();
  readonly handlers = new Handlers();
  readonly atWork = new HandlersAtWork();
  readonly signals = new RequestBuffer();
  readonly updates = new RequestBuffer();
  readonly random = new Random(new Uint8Array(32));
  readonly task: Task = { name: 'run' };
  readonly root = new RootScope();
  readonly context: Context = { scope: this.root, task: this.task, update: undefined };
  /** What the run has changed of what it was started with. */
  readonly upsertedMemo = new Map<string, Payload | undefined>();
  readonly upsertedAttributes = new Map<string, Payload | undefined>();
  details = '';
  timeUs = 0;
  replaying = false;
  history = { events: 0, bytes: 0, continueAsNewSuggested: false, reasons: [] as string[] };
  isClosed = false;
  cancelRequested = false;
  /** Errors that fail the run though they are no failures. */
  failureTypes: readonly FailureType[] = [];
  private readonly expecting = new Map<number, Expecting>();
  private readonly tasks = new Set<Task>();
  private wantsCallSites = false;
  private readOnlyIn = '';
  private bug: { readonly error: unknown } | undefined;
  private cachedInfo: RunInfo | undefined;

  constructor(readonly host: Host) {}

  /** Makes the runtime of the only run of this component. */
  static install(host: Host): Runtime {
    clearJobs();
    present = undefined;
    present = new Runtime(host);
    return present;
  }

  /** From now on there is no run. */
  static uninstall(): void {
    present = undefined;
  }

  /** Begins an activation. */
  begin(activation: Activation): void {
    this.timeUs = activation.timeUs;
    this.replaying = activation.replaying;
    const { historyEvents: events, historyBytes: bytes, continueAsNewSuggested, reasons } = activation;
    this.history = { events, bytes, continueAsNewSuggested, reasons };
    // A divergence is one of the past.
    this.wantsCallSites = activation.replaying && this.host.wantsCallSites();
  }

  /** What stays the same as long as the run lives. */
  get info(): RunInfo {
    this.cachedInfo ??= this.host.info();
    return this.cachedInfo;
  }

  /** Tells the host where the next call is made, if it wants to know. */
  callSite(stack?: string): void {
    if (this.wantsCallSites) this.host.callSite(frames(stack ?? captureStack(this.callSite)));
  }

  /** Refuses what a query or a validator must not do. */
  checkMayChange(call: string): void {
    if (this.readOnlyIn === '') return;
    throw new Error(`${call} is not possible in ${this.readOnlyIn}: that changes nothing`);
  }

  /** Runs code that changes nothing. */
  readOnly<R>(where: string, code: () => R): R {
    this.readOnlyIn = where;
    try {
      return code();
    } finally {
      this.readOnlyIn = '';
    }
  }

  expect(operation: number, expecting: Expecting): void {
    this.expecting.set(operation, expecting);
  }

  /** Expects its outcome no longer. */
  forget(operation: number): void {
    this.expecting.delete(operation);
  }

  /** An outcome arrives. Nobody waits if it was cancelled. */
  resolve(operation: number, outcome: Outcome): void {
    this.expecting.get(operation)?.resolve(outcome);
  }

  beginTask(task: Task): void {
    this.tasks.add(task);
  }

  endTask(task: Task): void {
    this.tasks.delete(task);
  }

  /** Each task by its name, and what it waits for, an indented line each. */
  stackTrace(): string {
    const tasks = [...this.tasks].map((task) => [task.name, ...this.waits.lines(task)].join('\n    '));
    return tasks.join('\n');
  }

  /** True if this activation comes to nothing more. */
  get isOver(): boolean {
    return this.isClosed || this.bug !== undefined;
  }

  /** Runs until everything waits, or the run is closed, or a bug has ended the activation. */
  run(): void {
    do runJobs(this);
    while (this.conditions.size > 0 && this.tryConditions());
  }

  /** True if one of them holds. */
  private tryConditions(): boolean {
    let hasMet = false;
    for (const condition of [...this.conditions]) {
      if (this.isOver) return false;
      // When its code goes on, a condition holds: nothing else happens in between.
      if (condition.try()) {
        hasMet = true;
        runJobs(this);
      }
    }
    return hasMet;
  }

  /** Ends the activation: the code is wrong, and the run goes on when it is repaired. The first one counts. */
  reportBug(error: unknown): void {
    this.bug ??= { error };
  }

  takeBug(): { readonly error: unknown } | undefined {
    const { bug } = this;
    this.bug = undefined;
    return bug;
  }

  /** The run is closed: from now on nothing is asked of the host. */
  close(): void {
    this.isClosed = true;
    this.conditions.clear();
    this.expecting.clear();
    this.tasks.clear();
  }
}
