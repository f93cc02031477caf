/** What a module says of itself, without any run. */

import type { HandlerDefinition, ModuleDefinition, WorkflowDefinition } from './contract.js';
import { SDK_NAME, SDK_VERSION } from './version.js';
import type { WorkflowType } from './workflow-types.js';

export function moduleDefinition(types: Iterable<WorkflowType>): ModuleDefinition {
  return {
    sdkName: SDK_NAME,
    sdkVersion: SDK_VERSION,
    workflows: [...types].map(workflowDefinition),
    extensions: [],
  };
}

function workflowDefinition({ name, options }: WorkflowType): WorkflowDefinition {
  return {
    name,
    description: options.description,
    inputSchemas: options.inputSchemas,
    resultSchema: options.resultSchema,
    signals: (options.signals ?? []).map(handlerDefinition),
    queries: (options.queries ?? []).map(handlerDefinition),
    updates: (options.updates ?? []).map(handlerDefinition),
    dynamicSignals: options.dynamicSignals ?? false,
    dynamicQueries: options.dynamicQueries ?? false,
    dynamicUpdates: options.dynamicUpdates ?? false,
    extensions: [],
  };
}

function handlerDefinition({
  name,
  description,
}: {
  name: string;
  description?: string | undefined;
}): HandlerDefinition {
  return { name, description, inputSchemas: undefined, resultSchema: undefined };
}
