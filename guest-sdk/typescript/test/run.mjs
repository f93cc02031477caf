/** Bundles the tests as workflows are bundled, and runs them: `node test/run.mjs [PATTERN]`. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const tools = process.env.DALSEGNO_TYPESCRIPT_TOOLCHAIN ?? join(here, '../toolchain');
const esbuild = createRequire(join(tools, 'package.json'))('esbuild');
const { withOurAsync } = await import(pathToFileURL(join(tools, 'bundle.mjs')));
const [pattern = ''] = process.argv.slice(2);
const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts') && name.includes(pattern));
const folder = mkdtempSync(join(tmpdir(), 'dalsegno-test-'));
try {
  esbuild.buildSync({
    entryPoints: tests.map((name) => join(here, name)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    supported: { 'async-await': false, 'async-generator': false, 'for-await': false },
    alias: { '@dalsegno/workflow': join(here, '../src/index.ts') },
    logLevel: 'error',
  });
  const built = tests.map((name) => join(folder, name.replace(/ts$/, 'mjs')));
  for (const path of built) writeFileSync(path, withOurAsync(readFileSync(path, 'utf8')));
  const env = {
    ...process.env,
    DALSEGNO_TYPESCRIPT_SDK: join(here, '..'),
    DALSEGNO_TYPESCRIPT_TOOLCHAIN: tools,
  };
  process.exitCode = spawnSync(process.execPath, ['--test', ...built], { stdio: 'inherit', env }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
