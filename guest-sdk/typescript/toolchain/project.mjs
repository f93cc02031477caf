/** What the project's package.json says. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { BuildError } from './errors.mjs';

const ENTRIES = ['src/workflows.ts', 'src/workflows/index.ts', 'src/workflows.js'];
const ENGINES = ['quickjs', 'starlingmonkey'];

export async function readProject(folder) {
  const { dalsegno = {} } = await readPackage(folder);
  const { entry, engine = ENGINES[0], typeCheck = true } = dalsegno;
  if (!ENGINES.includes(engine)) {
    throw new BuildError(
      `package.json: "dalsegno.engine" is one of ${ENGINES.join(', ')}, not ${JSON.stringify(engine)}`,
    );
  }
  return { folder, entry: findEntry(folder, entry), engine, typeCheck };
}

async function readPackage(folder) {
  const path = join(folder, 'package.json');
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new BuildError(`${path}: ${error.message}`);
  }
}

function findEntry(folder, named) {
  const candidates = named === undefined ? ENTRIES : [named];
  const found = candidates.find((path) => existsSync(join(folder, path)));
  if (found !== undefined) return join(folder, found);
  const where = candidates.join(' or ');
  throw new BuildError(
    `there is no ${where} in ${folder}: name the module that exports the workflows in package.json, as "dalsegno": { "entry": "…" }`,
  );
}
