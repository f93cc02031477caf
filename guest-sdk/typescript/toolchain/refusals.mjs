/** What a workflow cannot import, with what to use instead. */

import { builtinModules } from 'node:module';

const INSTEAD = {
  fs: 'files are read and written in an activity',
  'fs/promises': 'files are read and written in an activity',
  http: 'requests are made by an activity: see `http` of @dalsegno/workflow',
  https: 'requests are made by an activity: see `http` of @dalsegno/workflow',
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
const BUILTINS = new Set(builtinModules.filter((name) => !name.startsWith('_')));
const STUB = 'dalsegno-not-there';

/** A plugin of esbuild: modules of Node.js are an error where they are imported, and when they are called for by `require`. */
export function refuseWhatIsNotThere() {
  return {
    name: 'dalsegno',
    setup(build) {
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
  const instead = INSTEAD[name] ?? 'what needs it belongs in an activity';
  return `\`${path}\` is a module of Node.js, and workflows do not run in Node.js: ${instead}`;
}

/** What is added to messages of TypeScript, which advises to install types of Node.js. */
export function adviceOn(told) {
  const missing = told.matchAll(/Cannot find module '((?:node:)?([a-z_/]+))'/g);
  const advice = [...missing].map(([, path, name]) => (BUILTINS.has(name) ? message(path, name) : undefined));
  return [...new Set(advice)].filter((text) => text !== undefined);
}

/** What is added to a message of esbuild. */
export function hintOf({ text }) {
  if (text.startsWith('Top-level await')) {
    return [{ text: 'There is no run yet when a module is loaded: await inside of the workflow function.' }];
  }
  return [];
}
