import {
  CancellationScope,
  defineSignal,
  defineWorkflow,
  isCancellation,
  setHandler,
  sleep,
} from '@dalsegno/workflow';

import { activity } from './common';

const stop = defineSignal('stop');

export const cancelUncaught = defineWorkflow('cancel-uncaught', {}, async () => {
  await sleep('1 h');
});

export const cancelCaught = defineWorkflow('cancel-caught', {}, async () => {
  try {
    await sleep('1 h');
    return 'fired';
  } catch (error) {
    if (isCancellation(error)) return 'caught';
    throw error;
  }
});

export const cancelWithCleanUp = defineWorkflow('cancel-with-clean-up', {}, async () => {
  try {
    await activity('hang');
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => activity('echo', 'clean up'));
    throw error;
  }
});

export const innerScope = defineWorkflow('inner-scope', { signals: [stop] }, async () => {
  const log: string[] = [];
  await CancellationScope.cancellable(async () => {
    const inner = new CancellationScope();
    setHandler(stop, () => inner.cancel());
    try {
      await inner.run(() => activity('hang'));
    } catch (error) {
      if (!isCancellation(error)) throw error;
      log.push('inner');
    }
    await activity('echo', 'after');
    log.push('outer goes on');
  });
  return log;
});

export const outerScope = defineWorkflow('outer-scope', { signals: [stop] }, async () => {
  const log: string[] = [];
  const noting = async (name: string, code: () => Promise<unknown>): Promise<void> => {
    try {
      await code();
    } catch (error) {
      if (isCancellation(error)) log.push(name);
      throw error;
    }
  };
  const outer = new CancellationScope();
  setHandler(stop, () => outer.cancel());
  try {
    await outer.run(() =>
      noting('outer', () => CancellationScope.cancellable(() => noting('inner', () => activity('hang')))),
    );
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
  await activity('echo', 'after');
  log.push('main goes on');
  return log;
});
