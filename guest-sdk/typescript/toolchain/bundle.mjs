/** Bundles the project and the SDK into one module for the engine, with a map of the project's own lines. */

import { dirname, join, relative } from 'node:path';

import { decode, encode } from '@jridgewell/sourcemap-codec';
import * as esbuild from 'esbuild';

import { BuildError } from './errors.mjs';
import { hintOf, refuseWhatIsNotThere } from './refusals.mjs';

const INTERFACES = ['activities', 'timers', 'children', 'runs', 'run', 'updates', 'telemetry'];
const BUNDLE = 'bundle.js';

export async function bundle(project, sdk) {
  let result;
  try {
    result = await esbuild.build(options(project, sdk));
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    throw new BuildError(await report(error.errors, 'error'));
  }
  if (result.warnings.length > 0) process.stderr.write(await report(result.warnings, 'warning'));
  const [code, map] = ['.js', '.js.map'].map(
    (end) => result.outputFiles.find(({ path }) => path.endsWith(end)).text,
  );
  const lines = ownLines(JSON.parse(map), project, sdk);
  return { code: `${code}\n${sourceMapStatement(lines)}`, locate: (message) => locate(message, lines) };
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
    external: ['dalsegno:workflow/*'],
    alias: {
      '@dalsegno/workflow/component': join(sdk, 'src/component.ts'),
      '@dalsegno/workflow/globals': join(sdk, 'src/globals/index.ts'),
      '@dalsegno/workflow': join(sdk, 'src/index.ts'),
    },
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [refuseWhatIsNotThere()],
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
  };
}

/** The entry: the globals, then the project, then the contract's exports. */
function glue(entry, engine) {
  const imports = INTERFACES.map((name) => `import * as ${name} from 'dalsegno:workflow/${name}@0.1.0';`);
  return `
import '@dalsegno/workflow/globals';
import { guestOf, ${engine}, setSourceMap } from '@dalsegno/workflow/component';
import * as workflows from ${JSON.stringify(entry)};
${imports.join('\n')}
globalThis.__dalsegnoSetSourceMap = setSourceMap;
export const guest = guestOf(workflows, { ${INTERFACES.join(', ')} }, ${engine});
`;
}

/** The map of the bundle with positions in the project, and none in the SDK. */
function ownLines({ sources, mappings }, { folder }, sdk) {
  const isSdk = sources.map((source) => {
    return (
      !relative(sdk, join(folder, source)).startsWith('..') ||
      /^dalsegno-(entry\.js$|not-there:)/.test(source)
    );
  });
  const lines = decode(mappings).map((line) =>
    line.map((segment) => (segment.length === 1 || isSdk[segment[1]] ? [segment[0]] : segment.slice(0, 4))),
  );
  return { sources: sources.map((source, index) => (isSdk[index] ? '' : source)), lines };
}

/** The statement that gives the bundle its own map. */
function sourceMapStatement({ sources, lines }) {
  return `globalThis.__dalsegnoSetSourceMap(${JSON.stringify(sources)}, ${JSON.stringify(encode(lines))});\n`;
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
