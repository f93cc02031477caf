import type {
  ActivityOptions,
  ChildOptions,
  ContinueAsNewOptions,
  Failure,
  Level,
  LocalActivityOptions,
  Named,
  Payload,
  RunInfo,
  Target,
} from './contract.js';

/** What the SDK asks of its host, so that tests run without one. See `wit/host.wit` for what the calls mean. */
export interface Host {
  scheduleActivity(name: string, input: Payload[], options: ActivityOptions): number;
  scheduleLocalActivity(name: string, input: Payload[], options: LocalActivityOptions): number;
  cancelActivity(operation: number): boolean;
  startTimer(durationMs: number, summary: string | undefined): number;
  cancelTimer(operation: number): boolean;
  startChild(
    workflowType: string,
    input: Payload[],
    options: ChildOptions,
  ): { started: number; closed: number };
  cancelChild(closed: number, reason: string): boolean;
  signalRun(target: Target, name: string, input: Payload[], options: SignalOptions): number;
  cancelRun(target: Target, reason: string): number;
  complete(result: Payload): void;
  fail(failure: Failure): void;
  cancelled(details: Payload[]): void;
  continueAsNew(input: Payload[], options: ContinueAsNewOptions): void;
  info(): RunInfo;
  randomBytes(length: number): Uint8Array;
  patched(id: string): boolean;
  deprecatePatch(id: string): void;
  getVersion(changeId: string, minimum: number, maximum: number): number;
  upsertSearchAttributes(attributes: Named<Payload | undefined>): void;
  setMemo(fields: Named<Payload | undefined>): void;
  setDetails(details: string): void;
  completeUpdate(id: string, result: Payload): void;
  failUpdate(id: string, failure: Failure): void;
  log(level: Level, message: string, fields: Named<string>): void;
  count(name: string, value: number, tags: Named<string>): void;
  record(name: string, value: number, tags: Named<string>): void;
  wantsCallSites(): boolean;
  callSite(frames: string[]): void;
}

export interface SignalOptions {
  childOnly: boolean;
  headers: Named<Payload>;
}
