/** Stack traces in terms of the source: frames of the bundle by its source map, without those of the SDK. */

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

/** The present frames; few enough to be cheap, enough to leave the SDK. */
export function captureStack(): string {
  return new Error().stack ?? '';
}

/** A frame of user code to a line, the innermost first, as the language writes it. */
export function stackTrace(stack: string | undefined): string {
  return frames(stack)
    .map((frame) => `    at ${frame}`)
    .join('\n');
}

/** The place of the innermost frame of user code; empty if there is none. */
export function place(stack: string | undefined): string {
  for (const frame of parse(stack)) {
    const position = resolve(frame);
    if (position !== undefined) return written(position);
  }
  return '';
}

/** The frames of user code: `charge (src/workflows.ts:17:11)`. */
export function frames(stack: string | undefined): string[] {
  const found: string[] = [];
  for (const frame of parse(stack)) {
    const position = resolve(frame);
    if (position === undefined) continue;
    found.push(frame.name === '' ? written(position) : `${frame.name} (${written(position)})`);
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
