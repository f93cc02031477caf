/** Makes a component of a bundle, with the engine inside. */

import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BuildError } from './errors.mjs';

const WORLD = 'workflow';
const BUNDLE = 'bundle.js';

export async function componentize(engine, { code, locate, entry }, wit) {
  const make = engine === 'starlingmonkey' ? starlingmonkey : quickjs;
  const folder = await mkdtemp(join(tmpdir(), 'dalsegno-'));
  const path = join(folder, BUNDLE);
  try {
    await writeFile(path, code);
    return await make(path, code, wit);
  } catch (error) {
    if (error instanceof BuildError) throw error;
    const told = locate(error.message);
    const [, wrongExports] = /^Error: (wrong exports: .*)/.exec(told) ?? [];
    if (wrongExports !== undefined) throw new BuildError(`${entry}: ${wrongExports}`);
    throw new BuildError(`the module cannot be loaded, as it throws at its top: ${told}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function quickjs(jsPath, jsSource, witPath) {
  const { componentize } = await import('componentize-qjs');
  const { component } = await componentize({ witPath, jsSource, jsPath, world: WORLD, sync: true });
  return component;
}

async function starlingmonkey(sourcePath, _source, witPath) {
  const { componentize } = await importStarlingmonkey();
  const disableFeatures = ['http', 'fetch-event'];
  const { component } = await componentize({ sourcePath, witPath, worldName: WORLD, disableFeatures });
  return component;
}

/** Has its own folder, since few projects need it and it is large. */
async function importStarlingmonkey() {
  try {
    return await import('./starlingmonkey/engine.mjs');
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new BuildError(
      'the engine starlingmonkey is not installed beside the build: run npm ci in its folder starlingmonkey',
    );
  }
}
