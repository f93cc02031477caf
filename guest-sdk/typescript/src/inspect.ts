/** The built-in queries: what the run waits for, and what it can be asked. */

import type { Runtime } from './runtime.js';
import type { WorkflowType } from './workflow-types.js';

export const STACK_TRACE = '__stack_trace';
export const METADATA = '__metadata';

/** The workflow type and its handlers: those it declares, and those it has set. */
export function metadata({ handlers }: Runtime, { name, options }: WorkflowType): object {
  return {
    workflow_type: name,
    description: options.description ?? null,
    signals: listed(options.signals, handlers.signals),
    queries: [
      ...listed(options.queries, handlers.queries),
      { name: STACK_TRACE, description: 'What each task waits for.' },
      { name: METADATA, description: 'The handlers.' },
    ],
    updates: listed(options.updates, handlers.updates),
    dynamic_signals: handlers.defaultSignal !== undefined || (options.dynamicSignals ?? false),
    dynamic_queries: handlers.defaultQuery !== undefined || (options.dynamicQueries ?? false),
    dynamic_updates: handlers.defaultUpdate !== undefined || (options.dynamicUpdates ?? false),
  };
}

interface Described {
  readonly description?: string | undefined;
}

function listed(declared: (Described & { name: string })[] = [], set: Map<string, Described>): object[] {
  const descriptions = new Map(declared.map(({ name, description }) => [name, description]));
  for (const [name, { description }] of set) descriptions.set(name, description ?? descriptions.get(name));
  return [...descriptions].map(([name, description]) => ({ name, description: description ?? null }));
}
