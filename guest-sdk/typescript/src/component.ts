/** The exports of a module of workflows. Used by the entry that the build writes, not by hand. */

import { activationIn, type Engine, hostOf, type Imports } from './bindings.js';
import type { ModuleDefinition, Payload, Request } from './contract.js';
import { moduleDefinition } from './definitions.js';
import { toContract } from './failure-contract.js';
import { Run } from './run.js';
import { warmUp } from './warm-up.js';
import { workflowTypesOf } from './workflow-types.js';

export { dalsegnoAsync } from './async.js';
export { quickjs, starlingmonkey } from './bindings.js';
export { setSourceMap } from './stack.js';

export interface Guest {
  definitions(): ModuleDefinition;
  activate(activation: unknown): void;
  validateUpdate(request: Request): void;
  query(request: Request): Payload;
}

/** The guest that runs the workflows which a module exports. */
export function guestOf(module: Record<string, unknown>, imports: Imports, engine: Engine): Guest {
  const types = workflowTypesOf(module);
  const host = hostOf(imports, engine);
  warmUp();
  let present: Run | undefined;
  const run = (): Run => (present ??= new Run(host, types));
  // The contract's errors are failures, thrown as plain values.
  const answering = <A, R>(answer: (argument: A) => R) => {
    return (argument: A): R => {
      try {
        return answer(argument);
      } catch (error) {
        throw engine.give(toContract(error));
      }
    };
  };
  return {
    definitions: () => moduleDefinition(types.values()),
    activate: answering((activation: unknown) => run().activate(activationIn(activation, engine))),
    validateUpdate: answering((update: Request) => run().validateUpdate(engine.take(update))),
    query: answering((request: Request) => run().query(engine.take(request))),
  };
}
