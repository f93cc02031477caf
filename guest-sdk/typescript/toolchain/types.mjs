/** Checks the project's types, with the project's own TypeScript if it has one. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { BuildError } from './errors.mjs';
import { adviceOn } from './refusals.mjs';

export async function checkTypes({ folder, typeCheck }) {
  // A project without tsconfig.json is JavaScript.
  if (!typeCheck || !existsSync(join(folder, 'tsconfig.json'))) return;
  const pretty = process.stderr.isTTY ? 'true' : 'false';
  const { status, stdout, error } = spawnSync(
    process.execPath,
    [compiler(folder), '--noEmit', '--pretty', pretty, '-p', folder],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  if (error !== undefined) throw error;
  if (status !== 0) throw new BuildError([stdout.trimEnd(), ...adviceOn(stdout)].join('\n'));
}

function compiler(folder) {
  for (const from of [join(folder, 'package.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve('typescript/bin/tsc');
    } catch {
      // The next one.
    }
  }
  throw new BuildError('TypeScript is not installed beside the build: run npm ci there');
}
