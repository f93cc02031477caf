/** Bundles the project and the SDK into one module for the engine, with a map of the project's own lines. */

import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { decode, encode } from '@jridgewell/sourcemap-codec';
import * as esbuild from 'esbuild';

import { BuildError } from './errors.mjs';
import { hintOf, refuseWhatIsNotThere } from './refusals.mjs';

const INTERFACES = ['activities', 'timers', 'children', 'runs', 'run', 'updates', 'telemetry'];
const BUNDLE = 'bundle.js';
/** What esbuild calls an import whose module is known only when the code runs. */
const UNKNOWN_IMPORT = 'unsupported-dynamic-import';

/** What esbuild drives the generators with that it makes of async functions, and what the SDK does it with. */
const ESBUILDS_ASYNC = new RegExp(
  [
    String.raw`__async ?= ?\(__this, ?__arguments, ?generator\) ?=> ?\{\s*return new Promise\(`,
    String.raw`[^]*?`,
    String.raw`\.apply\(__this, ?__arguments\)\)\.next\(\)\);?\s*\}\);?\s*\}`,
  ].join(''),
);
const OUR_ASYNC = '__async=dalsegnoAsync';

export async function bundle(project, sdk) {
  let result;
  try {
    result = await esbuild.build(options(project, sdk));
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    throw new BuildError(await report(error.errors, 'error'));
  }
  const refused = result.warnings.filter(isRefused);
  if (refused.length > 0) throw new BuildError(await report(refused, 'error'));
  if (result.warnings.length > 0) process.stderr.write(await report(result.warnings, 'warning'));
  const [text, map] = ['.js', '.js.map'].map(
    (end) => result.outputFiles.find(({ path }) => path.endsWith(end)).text,
  );
  const code = withOurAsync(text);
  const lines = ownLines(JSON.parse(map), project, sdk);
  return {
    code: `${code}\n${sourceMapStatement(lines)}`,
    locate: (message) => locate(message, lines),
    entry: relative(project.folder, project.entry),
  };
}

/** What a package does that way may never be called. */
function isRefused({ id, location }) {
  return id === UNKNOWN_IMPORT && !/(^|\/)node_modules\//.test(location?.file);
}

function options({ folder, entry, engine }, sdk) {
  return {
    stdin: {
      contents: glue(entry, engine),
      resolveDir: dirname(entry),
      sourcefile: 'dalsegno-entry.js',
      loader: 'js',
    },
    absWorkingDir: folder,
    bundle: true,
    write: false,
    outfile: join(folder, BUNDLE),
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // Async functions become generators, so that our own promises drive them; the engines have all else.
    supported: {
      'async-await': false,
      'async-generator': false,
      'for-await': false,
      'top-level-await': false,
    },
    charset: 'utf8',
    treeShaking: true,
    minifyWhitespace: true,
    external: ['dalsegno:workflow/*'],
    alias: {
      '@dalsegno/workflow/component': join(sdk, 'src/component.ts'),
      '@dalsegno/workflow/globals': join(sdk, 'src/globals/index.ts'),
      '@dalsegno/workflow': join(sdk, 'src/index.ts'),
    },
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [refuseWhatIsNotThere(), smallSdk(sdk)],
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
    logOverride: { [UNKNOWN_IMPORT]: 'warning' },
  };
}

/** A plugin of esbuild: the SDK's sources with short names for what is local, since nobody looks into them. */
function smallSdk(sdk) {
  return {
    name: 'dalsegno-sdk',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!isWithin(join(sdk, 'src'), path)) return undefined;
        const source = await readFile(path, 'utf8');
        // Fields that are assigned cost less than those that are defined.
        const tsconfigRaw = { compilerOptions: { target: 'ES2022', useDefineForClassFields: false } };
        const options = { loader: 'ts', minify: true, charset: 'utf8', tsconfigRaw };
        const { code } = await esbuild.transform(source, options);
        return { contents: code, loader: 'js' };
      });
    },
  };
}

/** The bundle with our async functions, all else in its place. */
export function withOurAsync(code) {
  if (!code.includes('__async(')) return code;
  if (!ESBUILDS_ASYNC.test(code)) throw new Error('esbuild has other async functions than those we know');
  return code.replace(ESBUILDS_ASYNC, (theirs) => OUR_ASYNC.padEnd(theirs.length));
}

function isWithin(folder, path) {
  return !relative(folder, path).startsWith('..');
}

/** The entry: the globals, then the project, then the contract's exports. */
function glue(entry, engine) {
  const imports = INTERFACES.map((name) => `import * as ${name} from 'dalsegno:workflow/${name}@0.1.0';`);
  return `
import '@dalsegno/workflow/globals';
import { dalsegnoAsync, guestOf, ${engine}, setSourceMap } from '@dalsegno/workflow/component';
import * as workflows from ${JSON.stringify(entry)};
${imports.join('\n')}
globalThis.__dalsegno = { dalsegnoAsync, setSourceMap };
export const guest = guestOf(workflows, { ${INTERFACES.join(', ')} }, ${engine});
`;
}

/** The map of the bundle with positions in the project, and none in the SDK. */
function ownLines({ sources, mappings }, { folder }, sdk) {
  const isSdk = sources.map((source) => {
    return isWithin(sdk, join(folder, source)) || /(^|\/)dalsegno-(entry\.js$|not-there:)/.test(source);
  });
  const lines = decode(mappings).map((line) =>
    line
      .map((segment) => (segment.length === 1 || isSdk[segment[1]] ? [segment[0]] : segment.slice(0, 4)))
      .filter(({ length }, index, all) => length > 1 || all[index - 1]?.length !== 1),
  );
  return { sources: sources.map((source, index) => (isSdk[index] ? '' : source)), lines };
}

/** The statement that gives the bundle its own map. */
function sourceMapStatement({ sources, lines }) {
  return `globalThis.__dalsegno.setSourceMap(${JSON.stringify(sources)}, ${JSON.stringify(encode(lines))});\n`;
}

/** An engine's message, with the project's lines instead of the bundle's. */
function locate(message, { sources, lines }) {
  const [, error = message] = /(\b\w*Error: [^]*)/.exec(message) ?? [];
  return error
    .split('\n')
    .flatMap((text) => {
      const place = /\/?bundle\.js:(\d+):(\d+)/.exec(text);
      if (place === null) return [text];
      const [found, line, column] = place;
      const segment = (lines[line - 1] ?? []).filter(([start]) => start < column).pop() ?? [];
      const [, source, sourceLine, sourceColumn] = segment;
      return source === undefined
        ? []
        : [text.replace(found, `${sources[source]}:${sourceLine + 1}:${sourceColumn + 1}`)];
    })
    .join('\n')
    .trimEnd();
}

async function report(messages, kind) {
  const told = messages.map((message) => ({ ...message, notes: [...message.notes, ...hintOf(message)] }));
  const color = process.stderr.isTTY ?? false;
  return (await esbuild.formatMessages(told, { kind, color })).join('');
}
