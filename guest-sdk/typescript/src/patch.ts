/**
 * Changes of code that open runs must not see. A change lives in three steps, each a new module:
 * `if (patched('id')) { new } else { old }` while there are runs from before; `deprecatePatch('id'); new` when the last of
 * those is closed; `new` alone when the last run that has seen the first step is closed.
 */

import { currentRuntime, type Runtime } from './runtime.js';

/**
 * True in runs that take the new way: those that reach this point for the first time, and those that took it then. Decided
 * once for each id, so all rounds of a loop go the same way.
 */
export function patched(id: string): boolean {
  return changing('patched').host.patched(id);
}

/** Says that no run is left which went without the patch. */
export function deprecatePatch(id: string): void {
  changing('deprecatePatch').host.deprecatePatch(id);
}

/**
 * The version of a change that this run has: `maximum` in runs that reach it for the first time, and that version ever
 * after; `minimum` in runs that passed here before the change was made.
 */
export function getVersion(changeId: string, minimum: number, maximum: number): number {
  return changing('getVersion').host.getVersion(changeId, minimum, maximum);
}

function changing(call: string): Runtime {
  const runtime = currentRuntime();
  runtime.checkMayChange(call);
  runtime.callSite();
  return runtime;
}
