/** Stack traces in terms of the source: frames of the bundle by its source map, without those of the SDK. */

import { asyncCallsBeginning, dalsegnoAsync } from './async.js';
import { type Position, SourceMap } from './source-map.js';

interface Frame {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** `    at charge (/bundle.js:17:11)` of QuickJS and V8, `charge@bundle.js:17:11` of SpiderMonkey. */
const PLACE = /:(\d+):(\d+)\)?$/;
const NAME_BEFORE_PLACE = /^at (?:async )?([^\s(]+) \(|^([^@]+)@/;

let sourceMap: SourceMap | undefined;

/** Called by the bundle with its own map. Without one, positions are those of the bundle. */
export function setSourceMap(sources: string[], mappings: string): void {
  sourceMap = new SourceMap(sources, mappings);
}

/** Frames of errors. Those of the SDK are counted too, though they are not shown. */
const FRAMES_MAX = 50;
/**
 * Frames of each call of the SDK, since each costs time: two are the SDK's, and four more are between an async function that
 * begins and its caller.
 */
const CALL_FRAMES = 6;
const ASYNC_FRAMES = 5;

type Call = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

// Both as in V8; what is not there in an engine is not missed.
const EngineError = Error as unknown as {
  stackTraceLimit: number;
  captureStackTrace?: (holder: object, call: Call) => void;
};

export function limitFrames(): void {
  EngineError.stackTraceLimit = FRAMES_MAX;
}

/** The present frames, without the call of the SDK and what it calls. */
export function captureStack(call: Call): string {
  if (EngineError.captureStackTrace === undefined) return new Error().stack ?? '';
  const holder = { stack: '' };
  EngineError.stackTraceLimit = Math.min(CALL_FRAMES + ASYNC_FRAMES * asyncCallsBeginning(), FRAMES_MAX);
  EngineError.captureStackTrace(holder, call);
  limitFrames();
  return holder.stack;
}

/** A frame of user code to a line, the innermost first, as the language writes it. */
export function stackTrace(stack: string | undefined): string {
  return frames(stack)
    .map((frame) => `    at ${frame}`)
    .join('\n');
}

/** The place of the innermost frame of user code; empty if there is none. */
export function place(stack: string | undefined): string {
  const [innermost] = callers(stack);
  return innermost === undefined ? '' : written(innermost.position);
}

/** The frames of user code: `charge (src/workflows.ts:17:11)`. */
export function frames(stack: string | undefined): string[] {
  return callers(stack).map(({ name, position }) => {
    return name === '' ? written(position) : `${name} (${written(position)})`;
  });
}

interface Caller {
  name: string;
  readonly position: Position;
}

function callers(stack: string | undefined): Caller[] {
  const found: Caller[] = [];
  let isAsync = false;
  for (const frame of parse(stack)) {
    if (frame.name === dalsegnoAsync.name) {
      isAsync = true;
      continue;
    }
    const position = resolve(frame);
    if (position === undefined) continue;
    const inner = found.at(-1);
    // An async function has two frames when it begins: of its code, and of its name.
    if (isAsync && inner?.name === '') inner.name = frame.name;
    else found.push({ name: frame.name, position });
    isAsync = false;
  }
  return found;
}

function written({ source, line, column }: Position): string {
  return `${source}:${line}:${column}`;
}

function resolve(frame: Frame): Position | undefined {
  if (sourceMap === undefined) return { source: 'bundle.js', line: frame.line, column: frame.column };
  return sourceMap.find(frame.line, frame.column);
}

function parse(stack: string | undefined): Frame[] {
  return (stack ?? '').split('\n').flatMap((text) => {
    const line = text.trim();
    const place = PLACE.exec(line);
    if (place === null) return [];
    const named = NAME_BEFORE_PLACE.exec(line);
    // SpiderMonkey marks functions without a name of their own: `order/charge<`.
    const name = (named?.[1] ?? named?.[2] ?? '').replace(/[/<]+$/, '');
    return [{ name: name === '<anonymous>' ? '' : name, line: Number(place[1]), column: Number(place[2]) }];
  });
}
