/** What a workflow cannot import, with what to use instead. */

import { builtinModules } from 'node:module';

const REQUESTS = 'requests are made by an activity: see `http` of @dalsegno/workflow';
const MODULES = {
  fs: 'files are read and written in an activity',
  'fs/promises': 'files are read and written in an activity',
  http: REQUESTS,
  https: REQUESTS,
  net: 'connections are made in an activity',
  dns: 'names are looked up in an activity',
  tls: 'connections are made in an activity',
  child_process: 'programs are run by an activity',
  worker_threads: 'a workflow has one thread: use async functions and Promise.all',
  cluster: 'a workflow has one thread: use async functions and Promise.all',
  timers: 'use sleep of @dalsegno/workflow, or the global setTimeout: both are durable',
  'timers/promises': 'use sleep of @dalsegno/workflow: it is durable',
  crypto:
    'use the global crypto.randomUUID and crypto.getRandomValues; other cryptography belongs in an activity',
  os: 'what the machine is like is asked in an activity',
  process: 'give the workflow what it needs as arguments',
};
const SAME_NAMES = 'import it from @dalsegno/workflow, where the names are the same';
const OUTSIDE = 'workers and clients are programs of their own; a workflow calls activities by proxyActivities';
/** Packages that are no workflow code. */
const PACKAGES = {
  '@temporalio/workflow': SAME_NAMES,
  '@temporalio/common': SAME_NAMES,
  '@temporalio/activity': OUTSIDE,
  '@temporalio/client': OUTSIDE,
  '@temporalio/worker': OUTSIDE,
  axios: REQUESTS,
  got: REQUESTS,
  ky: REQUESTS,
  'node-fetch': REQUESTS,
  superagent: REQUESTS,
  undici: REQUESTS,
};
/** What is global elsewhere. */
const GLOBALS = {
  fetch: REQUESTS,
  XMLHttpRequest: REQUESTS,
  process: 'give the workflow what it needs as arguments',
  Buffer: 'use Uint8Array with TextEncoder and TextDecoder, or btoa and atob',
  require: 'use import',
  URL: 'write addresses as texts, with encodeURIComponent; to take them apart, use a package in plain JavaScript',
  URLSearchParams: 'join names and values by encodeURIComponent; to take them apart, use a package in plain JavaScript',
  structuredClone: 'copy with { ...value } or [...values], or by JSON.parse(JSON.stringify(value))',
  AbortController: 'use CancellationScope of @dalsegno/workflow',
  setImmediate: 'use queueMicrotask or setTimeout',
};
const BUILTINS = new Set(builtinModules.filter((name) => !name.startsWith('_')));
const STUB = 'dalsegno-not-there';

/** A plugin of esbuild: modules of Node.js are an error where they are imported, and when they are called for by `require`. */
export function refuseWhatIsNotThere() {
  return {
    name: 'dalsegno',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^(${Object.keys(PACKAGES).join('|')})$`) }, ({ path }) => {
        return { errors: [{ text: packageMessage(path) }] };
      });
      build.onResolve({ filter: /^(node:)?[a-z_/]+$/ }, async (args) => {
        const name = args.path.replace(/^node:/, '');
        if (!BUILTINS.has(name) || args.pluginData === STUB) return undefined;
        if (!args.path.startsWith('node:')) {
          // A package of that name (`events`, `buffer`) may be installed.
          const { kind, importer, resolveDir, namespace } = args;
          const found = await build.resolve(name, {
            kind,
            importer,
            resolveDir,
            namespace,
            pluginData: STUB,
          });
          if (found.errors.length === 0) return found;
        }
        const text = message(args.path, name);
        if (args.kind === 'require-call') return { path: name, namespace: STUB, pluginData: text };
        return { errors: [{ text }] };
      });
      build.onLoad({ filter: /.*/, namespace: STUB }, ({ pluginData }) => ({
        contents: `throw new Error(${JSON.stringify(pluginData)});`,
      }));
    },
  };
}

function message(path, name) {
  const instead = MODULES[name] ?? 'what needs it belongs in an activity';
  return `\`${path}\` is a module of Node.js, and workflows do not run in Node.js: ${instead}`;
}

function packageMessage(name) {
  return `\`${name}\` is not for workflow code: ${PACKAGES[name]}`;
}

/** What is added to messages of TypeScript, which advises to install types of Node.js. */
export function adviceOn(told) {
  const advice = new Set();
  for (const [, path, name] of told.matchAll(/Cannot find module '((?:node:)?([^']+))'/g)) {
    if (name in PACKAGES) advice.add(packageMessage(name));
    else if (BUILTINS.has(name)) advice.add(message(path, name));
  }
  for (const [, name] of told.matchAll(/Cannot find name '(\w+)'/g)) {
    if (name in GLOBALS) advice.add(`\`${name}\` is not there in a workflow: ${GLOBALS[name]}`);
  }
  return [...advice];
}

/** What is added to a message of esbuild. */
export function hintOf({ id, text }) {
  if (id === 'unsupported-dynamic-import') {
    return [{ text: 'A component has all its code within: import each module by its name, at the top of the file.' }];
  }
  if (text.startsWith('Top-level await')) {
    return [{ text: 'There is no run yet when a module is loaded: await inside of the workflow function.' }];
  }
  return [];
}
