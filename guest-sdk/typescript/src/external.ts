/** Other runs, by workflow id: signals and requests to cancel. */

import type { Target } from './contract.js';
import type { SignalDefinition } from './define-handlers.js';
import { Operation } from './operation.js';
import { encodeAll } from './payload.js';

/** Another workflow. */
export interface ExternalWorkflowHandle {
  readonly workflowId: string;
  readonly runId: string | undefined;
  /** Sends a signal; resolved when it is in the other's history, rejected if there is no such open workflow. */
  signal<Args extends unknown[]>(definition: SignalDefinition<Args> | string, ...args: Args): Promise<void>;
  /** Asks it to cancel; resolved when that is in the other's history. */
  cancel(reason?: string): Promise<void>;
}

/** Another workflow, by its id: to be signalled or cancelled. Without a run id, the newest run. */
export function getExternalWorkflowHandle(workflowId: string, runId?: string): ExternalWorkflowHandle {
  const target = { namespace: undefined, workflowId, runId };
  return {
    workflowId,
    runId,
    signal: (definition, ...args) => signalRun(target, definition, args, false),
    cancel: (reason = '') => cancelRun(target, reason),
  };
}

export function signalRun<Args extends unknown[]>(
  target: Target,
  definition: SignalDefinition<Args> | string,
  args: unknown[],
  childOnly: boolean,
): Promise<void> {
  const name = typeof definition === 'string' ? definition : definition.name;
  const input = encodeAll(args, `signal ${name}`);
  return Operation.begin<void>({
    name: `signal ${name} to \`${target.workflowId}\``,
    start: (host) => host.signalRun(target, name, input, { childOnly, headers: [] }),
    read: () => undefined,
  }).outcome;
}

function cancelRun(target: Target, reason: string): Promise<void> {
  return Operation.begin<void>({
    name: `request to cancel \`${target.workflowId}\``,
    start: (host) => host.cancelRun(target, reason),
    read: () => undefined,
  }).outcome;
}
