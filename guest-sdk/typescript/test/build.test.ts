import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

const sdk = process.env['DALSEGNO_TYPESCRIPT_SDK'] ?? '';
const tools = process.env['DALSEGNO_TYPESCRIPT_TOOLCHAIN'] ?? '';

/** Builds a project whose entry has these lines. */
function build(
  lines: string[],
  settings: object = {},
): { status: number | null; told: string; component: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), 'dalsegno-test-'));
  try {
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dalsegno: settings }));
    const tsconfig = { extends: join(sdk, 'tsconfig.workflow.json'), include: ['src'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    writeFileSync(join(folder, 'src/workflows.ts'), lines.join('\n'));
    const out = join(folder, 'out.wasm');
    const args = ['--project', folder, '--sdk', sdk, '--wit', join(sdk, '../../wit'), '--out', out];
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(tools, 'build.mjs'), ...args], {
      encoding: 'utf8',
    });
    assert.equal(stdout, '');
    return { status, told: stderr, component: existsSync(out) ? readFileSync(out) : new Uint8Array() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a project becomes a component', () => {
  const { status, told, component } = build([
    "import { sleep } from '@dalsegno/workflow';",
    "export async function nap(): Promise<void> { await sleep('1s'); }",
  ]);
  assert.deepEqual([status, told], [0, '']);
  assert.deepEqual([...component.slice(0, 8)], [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
});

for (const [name, lines, expected, settings] of [
  [
    'a type error is told with its line',
    ["import { sleep } from '@dalsegno/workflow';", "export const nap = () => sleep('3 parsecs');"],
    /src\/workflows\.ts\(2,32\): error TS2345/,
    {},
  ],
  [
    'a module of Node.js is refused, with what to use instead',
    ["import { readFileSync } from 'node:fs';", 'export const nap = readFileSync;'],
    /`node:fs` is a module of Node\.js.*files are read and written in an activity[^]*src\/workflows\.ts:1:29/,
    { typeCheck: false },
  ],
  [
    'the same beside what the check of types says of it',
    ["import { readFileSync } from 'node:fs';", 'export const nap = readFileSync;'],
    /src\/workflows\.ts\(1,30\): error TS2307[^]*\n`node:fs` is a module of Node\.js.*files are read and written in an activity/,
    {},
  ],
  [
    'names of Node.js are told with what to use instead',
    ['export const nap = () => fetch(process.env.URL);'],
    /\(1,26\): error TS[^]*\n`fetch` is not there in a workflow: requests are made by an activity[^]*\n`process` is not there in a workflow: give/,
    {},
  ],
  [
    'what engines of browsers have is told with what to use instead',
    ['export const nap = async () => new URL(structuredClone("/a"));'],
    /\n`URL` is not there in a workflow: write[^]*\n`structuredClone` is not there in a workflow: copy/,
    {},
  ],
  [
    'an import whose module is known only when the code runs is refused',
    ['export async function nap(name: string) { return await import(name); }'],
    /src\/workflows\.ts:1:55[^]*import each module by its name, at the top/,
    {},
  ],
  [
    'a child that needs arguments is not started without',
    [
      "import { executeChild, startChild } from '@dalsegno/workflow';",
      'export async function greet(name: string) { return name; }',
      'export async function nap(name?: string) { await executeChild(nap); }',
      'export const one = () => executeChild(greet);',
      "export const two = () => startChild(greet, { workflowId: '2' });",
    ],
    /^src\/workflows\.ts\(4,39\)[^]*\n[^ ]*src\/workflows\.ts\(5,44\).*\n.*'args' is missing/,
    {},
  ],
  [
    'an entry without workflows is named, with what it exports',
    ['export const limit = 3;'],
    /^src\/workflows\.ts: wrong exports: no workflow is exported, but limit: export an async function\n$/,
    {},
  ],
  [
    'the SDK of Temporal is refused, with what to use instead',
    ["import { sleep } from '@temporalio/workflow';", 'export const nap = () => sleep(1);'],
    /`@temporalio\/workflow` is not for workflow code: import it from @dalsegno\/workflow[^]*src\/workflows\.ts:1:22/,
    { typeCheck: false },
  ],
  [
    'a package for requests is refused by the check of types too',
    ["import axios from 'axios';", 'export const nap = () => axios.get("x");'],
    /src\/workflows\.ts\(1,19\): error TS2307[^]*\n`axios` is not for workflow code: requests are made by an activity/,
    {},
  ],
  [
    'awaiting at the top of a module is refused, with where to do it',
    ['const one = await Promise.resolve(1);', 'export async function nap() { return one; }'],
    /src\/workflows\.ts:1:12[^]*await inside of the workflow function/,
    {},
  ],
  [
    'what a module throws when it is loaded is told with its line',
    ['export const started = Date.now();', 'export async function nap() { return started; }'],
    /the module cannot be loaded, as it throws at its top: Error: there is no time before a run.*\n {4}at .*src\/workflows\.ts:1:29/,
    {},
  ],
  [
    'an unknown engine is refused',
    ['export async function nap() {}'],
    /is one of quickjs, starlingmonkey, not "v8"/,
    { engine: 'v8' },
  ],
  ['an entry that is not there is named', [], /there is no src\/main\.ts/, { entry: 'src/main.ts' }],
] as const) {
  test(name, () => {
    const { status, told, component } = build([...lines], settings);
    assert.equal(status, 1, told);
    assert.match(told, expected);
    assert.equal(component.length, 0);
  });
}
