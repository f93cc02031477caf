/** The mappings of a source map, read when the first position is asked for. */

export interface Position {
  readonly source: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Of the generated text: its column, then, unless it is of no source, the source's number, line and column, from 0. */
type Segment = readonly [number] | readonly [number, number, number, number];

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CONTINUES = 32;

export class SourceMap {
  private lines: Segment[][] | undefined;

  constructor(
    private readonly sources: readonly string[],
    private readonly mappings: string,
  ) {}

  /** Where a position (line and column from 1) of the generated text comes from. */
  find(line: number, column: number): Position | undefined {
    this.lines ??= decode(this.mappings);
    const segments = this.lines[line - 1] ?? [];
    const found = segments.filter((segment) => segment[0] < column).pop() ?? segments[0];
    if (found === undefined || found.length === 1) return undefined;
    const [, source, sourceLine, sourceColumn] = found;
    return { source: this.sources[source] ?? '', line: sourceLine + 1, column: sourceColumn + 1 };
  }
}

function decode(mappings: string): Segment[][] {
  let [source, line, column] = [0, 0, 0];
  return mappings.split(';').map((text) => {
    let generated = 0;
    return text.split(',').flatMap((field): Segment[] => {
      const numbers = decodeNumbers(field);
      if (numbers.length === 0) return [];
      generated += numbers[0] ?? 0;
      if (numbers.length === 1) return [[generated]];
      source += numbers[1] ?? 0;
      line += numbers[2] ?? 0;
      column += numbers[3] ?? 0;
      return [[generated, source, line, column]];
    });
  });
}

/** Variable-length numbers in base 64: five bits each, the lowest first; the lowest bit of all is the sign. */
function decodeNumbers(field: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of field) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & (CONTINUES - 1)) << shift;
    shift += 5;
    if (bits & CONTINUES) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
