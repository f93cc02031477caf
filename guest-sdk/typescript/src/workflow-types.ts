/** Which functions are workflow types, and under which names. */

import type { FailureType } from './runtime.js';
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from './define-handlers.js';

// Workflows take and give what they were written with.
export type Workflow = (...args: any[]) => Promise<unknown>;

export interface WorkflowOptions {
  /** What it does, for people. */
  description?: string;
  /** The handlers that it sets, to be listed where the module is described. */
  signals?: SignalDefinition<any>[];
  queries?: QueryDefinition<any, any>[];
  updates?: UpdateDefinition<any, any>[];
  /** True: it sets handlers of names that are not listed. */
  dynamicSignals?: boolean;
  dynamicQueries?: boolean;
  dynamicUpdates?: boolean;
  /** Errors that fail the run though they are no failures; `[Error]` means all. */
  failureExceptionTypes?: FailureType[];
  /** JSON Schemas, as texts. */
  inputSchemas?: string[];
  resultSchema?: string;
}

export interface WorkflowType {
  readonly name: string;
  readonly run: Workflow;
  readonly options: WorkflowOptions;
}

const defined = new WeakMap<Workflow, WorkflowType>();
const exported = new WeakMap<Workflow, string>();

/**
 * Gives a workflow another name than that of its export, a description, and what else is said of it:
 * `export const order = defineWorkflow('order-fulfilment', { description: '…' }, async (id: string) => { … })`.
 */
export function defineWorkflow<F extends Workflow>(name: string, options: WorkflowOptions, run: F): F {
  defined.set(run, { name, run, options });
  return run;
}

/** The build knows it by its first words, and puts the module's path before them. */
function wrongExports(why: string): Error {
  return new Error(`wrong exports: ${why}`);
}

/** The workflow types of a module: its exported functions. */
export function workflowTypesOf(module: Record<string, unknown>): Map<string, WorkflowType> {
  const types = new Map<string, WorkflowType>();
  for (const [key, value] of Object.entries(module)) {
    if (!isWorkflow(value)) continue;
    const type = defined.get(value);
    if (key === 'default' && type === undefined) {
      throw wrongExports(
        'the workflow that is the default export needs a name: use defineWorkflow, or export it by a name',
      );
    }
    const { name } = type ?? { name: key };
    const other = types.get(name);
    if (other?.run === value) continue;
    if (other !== undefined) {
      const first = Object.keys(module).find((key) => module[key] === other.run);
      throw wrongExports(`two workflows have the name ${name}: the exports ${first} and ${key}`);
    }
    exported.set(value, name);
    types.set(name, type ?? { name, run: value, options: {} });
  }
  if (types.size > 0) return types;
  const others = Object.keys(module).join(', ') || 'nothing at all';
  throw wrongExports(`no workflow is exported, but ${others}: export an async function`);
}

/** The name of a workflow that is given by its name or its function. */
export function workflowTypeName(type: string | Workflow): string {
  if (typeof type === 'string') return type;
  const name = exported.get(type) ?? defined.get(type)?.name ?? type.name;
  if (name === '')
    throw new TypeError('a workflow function without a name cannot be started: give its name as a text');
  return name;
}

function isWorkflow(value: unknown): value is Workflow {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}
