import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  CancellationScope,
  type ChildWorkflowFailure,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  startChild,
  WorkflowExecutionAlreadyStartedError,
} from '@dalsegno/workflow';

import type { Failure } from '../src/contract.js';
import { Rig } from './rig.js';

const note = defineSignal<[string]>('note');

async function greet(name: string): Promise<string> {
  return `Hello, ${name}`;
}

function refusal(type: string): Failure {
  const val = { type, nonRetryable: true, details: [], nextRetryDelayMs: undefined };
  return { causes: [{ message: 'refused', stackTrace: '', kind: { tag: 'application', val } }] };
}

test('a child is executed by its function, with the defaults of the contract', () => {
  const rig = Rig.start(() => executeChild(greet, { workflowId: 'c', args: ['World'] }));
  assert.deepEqual(rig.calls, ['child greet ["World"]']);
  const { idReusePolicy, parentClosePolicy, cancellationType, modulePolicy } = rig.options[0] as Record<
    string,
    string
  >;
  const policies = [idReusePolicy, parentClosePolicy, cancellationType, modulePolicy];
  assert.deepEqual(policies, ['allow', 'terminate', 'wait-completed', 'inherit']);
  assert.deepEqual(rig.complete(1, 'run-1'), []);
  assert.deepEqual(rig.complete(2, 'Hello, World'), ['complete "Hello, World"']);
});

test('a child that ends at its start has its result', () => {
  const rig = Rig.start(async () => {
    const child = await startChild(greet, { args: ['World'] });
    return [child.workflowId, child.firstExecutionRunId, await child.result()];
  });
  const ok = (operation: number, value: string) => rig.complete(operation, value);
  assert.deepEqual([...ok(2, 'done'), ...ok(1, 'run-1')], [`complete ["${'ab'.repeat(16)}","run-1","done"]`]);
});

test('a child is signalled and cancelled', () => {
  const rig = Rig.start(async () => {
    const child = await startChild(greet, { workflowId: 'c', args: ['World'] });
    await child.signal(note, 'hello');
    child.cancel('enough');
    return await child.result().catch(isCancellation);
  });
  assert.deepEqual(rig.complete(1, 'run-1'), ['signal c note ["hello"]']);
  assert.deepEqual(rig.fire(3), ['cancel child 2 enough', 'complete true']);
});

test('cancelling its scope cancels a child once, whether it has started or not', () => {
  const scopes: CancellationScope[] = [];
  const run = async (): Promise<unknown> => {
    const scope = new CancellationScope();
    scopes.push(scope);
    const child = scope.run(() => executeChild(greet, { workflowId: 'c', args: ['World'] }));
    try {
      return await child;
    } catch (error) {
      return [isCancellation(error), (error as ChildWorkflowFailure).execution.workflowId];
    }
  };
  const starting = Rig.start(run);
  scopes[0]?.cancel();
  starting.activate();
  assert.deepEqual(starting.calls.slice(1), ['cancel child 2', 'complete [true,"c"]']);
  const started = Rig.start(run);
  started.complete(1, 'run-1');
  scopes[1]?.cancel();
  started.activate();
  assert.deepEqual(started.calls.slice(1), ['cancel child 2', 'complete [true,"c"]']);
});

test('a child whose id is taken is told by its own error', () => {
  const rig = Rig.start(async () => {
    try {
      return await startChild('greet', { workflowId: 'c', args: ['World'] });
    } catch (error) {
      assert.ok(error instanceof WorkflowExecutionAlreadyStartedError);
      return [error.type, error.workflowId, error.workflowType];
    }
  });
  assert.deepEqual(rig.fail(1, refusal('WorkflowAlreadyRunning')), [
    'complete ["WorkflowAlreadyRunning","c","greet"]',
  ]);
});

test('another run is signalled and cancelled by its id', () => {
  const rig = Rig.start(async () => {
    const other = getExternalWorkflowHandle('other');
    await other.signal(note, 'hello');
    await other.cancel('enough');
  });
  assert.deepEqual(rig.calls, ['signal other note ["hello"]']);
  assert.deepEqual(rig.fire(1), ['cancel run other enough']);
  assert.deepEqual(rig.fail(2, refusal('WorkflowNotFound')), ['fail application WorkflowNotFound: refused']);
});
