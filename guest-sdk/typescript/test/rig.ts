/** A run without a host: what it is asked is written down, and answered as a test says. */

import { defaultInfo } from './info.js';
import type { Activation, Event, Failure, Outcome, Payload, Request, RunInfo } from '../src/contract.js';
import type { Host } from '../src/host.js';
import { decodeValue, encodeValue } from '../src/payload.js';
import { Run } from '../src/run.js';
import { type Workflow, workflowTypesOf } from '../src/workflow-types.js';

/** Of calls that change something, in their order: `schedule echo ["a"]`. */
export class Rig {
  readonly calls: string[] = [];
  readonly logged: string[] = [];
  /** The options of the calls, by their lines. */
  readonly options: unknown[] = [];
  readonly failures: Failure[] = [];
  readonly sites: string[][] = [];
  readonly info: RunInfo = defaultInfo();
  /** What cancelling gives: true if nothing more is heard of it. */
  cancels = true;
  wantsCallSites = false;
  replaying = false;
  timeUs = 1_000_000;
  private operations = 0;
  private activations = 0;
  private readonly run: Run;

  constructor(workflows: Record<string, Workflow>) {
    this.run = new Run(this.host(), workflowTypesOf(workflows));
  }

  /** Of a single workflow that has begun. */
  static start(workflow: Workflow, ...args: unknown[]): Rig {
    const rig = new Rig({ main: workflow });
    rig.activate(rig.started('main', args));
    return rig;
  }

  started(workflowType: string, args: unknown[] = [], carried: Request[] = []): Event {
    const seed = new Uint8Array(32).fill(7);
    const val = { workflowType, input: args.map(encodeValue), headers: [], seed, carriedSignals: carried };
    return { tag: 'started', val };
  }

  /** Delivers events; what was asked since is returned. */
  activate(...events: Event[]): string[] {
    const before = this.calls.length;
    this.activations += 1;
    const activation: Activation = {
      number: this.activations,
      timeUs: this.timeUs,
      replaying: this.replaying,
      historyEvents: 3 * this.activations,
      historyBytes: 100 * this.activations,
      continueAsNewSuggested: false,
      reasons: [],
      events,
    };
    this.run.activate(activation);
    return this.calls.slice(before);
  }

  /** The operation has a result. */
  complete(operation: number, value?: unknown): string[] {
    return this.activate(resumed(operation, { tag: 'ok', val: encodeValue(value) }));
  }

  /** A timer fires, or a message is delivered. */
  fire(operation: number): string[] {
    return this.activate(resumed(operation, { tag: 'ok', val: undefined }));
  }

  fail(operation: number, failure: Failure): string[] {
    return this.activate(resumed(operation, { tag: 'err', val: failure }));
  }

  signal(name: string, ...args: unknown[]): string[] {
    return this.activate({ tag: 'signalled', val: request(name, args) });
  }

  update(id: string, name: string, ...args: unknown[]): string[] {
    return this.activate({ tag: 'update-accepted', val: { ...request(name, args), id } });
  }

  cancel(reason = ''): string[] {
    return this.activate({ tag: 'cancel-requested', val: reason });
  }

  validate(name: string, ...args: unknown[]): void {
    this.run.validateUpdate(request(name, args));
  }

  query(name: string, ...args: unknown[]): unknown {
    return decodeValue(this.run.query(request(name, args)));
  }

  private host(): Host {
    const note = (line: string, options?: unknown): void => {
      this.calls.push(line);
      this.options.push(options);
    };
    const begin = (line: string, options?: unknown): number => {
      note(line, options);
      this.operations += 1;
      return this.operations;
    };
    return {
      scheduleActivity: (name, input, options) => begin(`schedule ${name} ${json(input)}`, options),
      scheduleLocalActivity: (name, input, options) =>
        begin(`schedule local ${name} ${json(input)}`, options),
      cancelActivity: (operation) => (note(`cancel activity ${operation}`), this.cancels),
      startTimer: (ms, summary) => begin(`timer ${ms}`, { summary }),
      cancelTimer: (operation) => (note(`cancel timer ${operation}`), true),
      startChild: (type, input, options) => {
        const started = begin(`child ${type} ${json(input)}`, options);
        this.operations += 1;
        return { started, closed: this.operations };
      },
      cancelChild: (closed, reason) => (note(`cancel child ${closed} ${reason}`.trimEnd()), this.cancels),
      signalRun: (target, name, input, options) =>
        begin(`signal ${target.workflowId} ${name} ${json(input)}`, options),
      cancelRun: (target, reason) => begin(`cancel run ${target.workflowId} ${reason}`.trimEnd()),
      complete: (result) => note(`complete ${text(result)}`),
      fail: (failure) => (note(`fail ${chain(failure)}`), void this.failures.push(failure)),
      cancelled: (details) => note(`cancelled ${json(details)}`),
      continueAsNew: (input, options) => note(`continue as new ${json(input)}`, options),
      info: () => this.info,
      randomBytes: (length) => new Uint8Array(length).fill(0xab),
      patched: (id) => (note(`patched ${id}`), true),
      deprecatePatch: (id) => note(`deprecate patch ${id}`),
      getVersion: (id, minimum, maximum) => (note(`version ${id} ${minimum} ${maximum}`), maximum),
      upsertSearchAttributes: (attributes) => note(`attributes ${named(attributes)}`, attributes),
      setMemo: (fields) => note(`memo ${named(fields)}`),
      setDetails: (details) => note(`details ${details}`),
      completeUpdate: (id, result) => note(`complete update ${id} ${text(result)}`),
      failUpdate: (id, failure) => (
        note(`fail update ${id} ${chain(failure)}`),
        void this.failures.push(failure)
      ),
      log: (level, message) => void this.logged.push(`${level} ${message}`),
      count: (name, value) => note(`count ${name} ${value}`),
      record: (name, value) => note(`record ${name} ${value}`),
      wantsCallSites: () => this.wantsCallSites,
      callSite: (frames) => void this.sites.push(frames),
    };
  }
}

export function resumed(operation: number, outcome: Outcome): Event {
  return { tag: 'resumed', val: { operation, outcome } };
}

export function request(name: string, args: unknown[] = []): Request {
  return { id: name, name, input: args.map(encodeValue), headers: [] };
}

/** The failure of an activity whose code failed. */
export function activityFailure(type: string, message: string): Failure {
  const activity = {
    activityType: 'a',
    activityId: '1',
    attempts: 2,
    retryState: 'maximum-attempts-reached',
  };
  const application = { type, nonRetryable: false, details: [encodeValue(51)], nextRetryDelayMs: undefined };
  return {
    causes: [
      { message: 'activity failed', stackTrace: '', kind: { tag: 'activity', val: activity } },
      { message, stackTrace: 'at the worker', kind: { tag: 'application', val: application } },
    ],
  };
}

function json(payloads: Payload[]): string {
  return `[${payloads.map(text).join(',')}]`;
}

export function text(payload: Payload): string {
  return new TextDecoder().decode(payload.data);
}

function named(values: [string, Payload | undefined][]): string {
  return values
    .map(([name, payload]) => `${name}=${payload === undefined ? 'removed' : text(payload)}`)
    .join(' ');
}

function chain(failure: Failure): string {
  const links = failure.causes.map(({ message, kind }) => {
    const type = kind.tag === 'application' ? ` ${kind.val.type}` : '';
    return `${kind.tag}${type}: ${message}`;
  });
  return links.join(' <- ');
}
