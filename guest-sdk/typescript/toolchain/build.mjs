#!/usr/bin/env node
/**
 * Builds a project of workflows into a component. Stands beside its own `node_modules`, made by `npm ci`.
 *
 * node build.mjs --project DIR --sdk DIR --wit DIR --out FILE
 *
 * Nothing is written to stdout. Exit codes: 0 built; 1 the project has errors, which stderr tells; 2 wrong usage.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { bundle } from './bundle.mjs';
import { componentize } from './engines.mjs';
import { BuildError } from './errors.mjs';
import { readProject } from './project.mjs';
import { checkTypes } from './types.mjs';

const OPTIONS = {
  project: { type: 'string' },
  sdk: { type: 'string' },
  wit: { type: 'string' },
  out: { type: 'string' },
};

async function build({ project: folder, sdk, wit, out }) {
  const project = await readProject(resolve(folder));
  await checkTypes(project);
  const bundled = await bundle(project, resolve(sdk));
  const component = await componentize(project.engine, bundled, resolve(wit));
  await mkdir(dirname(resolve(out)), { recursive: true });
  await writeFile(resolve(out), component);
}

function readOptions() {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    const missing = Object.keys(OPTIONS).filter((name) => values[name] === undefined);
    if (missing.length === 0) return values;
    console.error(`build.mjs needs ${missing.map((name) => `--${name}`).join(', ')}`);
  } catch (error) {
    console.error(error.message);
  }
  return process.exit(2);
}

try {
  await build(readOptions());
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exit(1);
}
