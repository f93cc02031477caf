/** Durations: milliseconds as a number, or a text like `10s`, `1.5 hours`, `3 days`. */

type Unit =
  | 'ms'
  | 'msec'
  | 'msecs'
  | 'millisecond'
  | 'milliseconds'
  | 's'
  | 'sec'
  | 'secs'
  | 'second'
  | 'seconds'
  | 'm'
  | 'min'
  | 'mins'
  | 'minute'
  | 'minutes'
  | 'h'
  | 'hr'
  | 'hrs'
  | 'hour'
  | 'hours'
  | 'd'
  | 'day'
  | 'days'
  | 'w'
  | 'week'
  | 'weeks'
  | 'y'
  | 'yr'
  | 'yrs'
  | 'year'
  | 'years';

type AnyCase = Unit | Uppercase<Unit> | Capitalize<Unit>;

export type Duration = number | `${number}` | `${number}${AnyCase}` | `${number} ${AnyCase}`;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TEXT = /^(-?(?:\d+)?\.?\d+) *(.*)$/;
const UNITS: [RegExp, number][] = [
  [/^(|ms|msecs?|milliseconds?)$/, 1],
  [/^(s|secs?|seconds?)$/, SECOND],
  [/^(m|mins?|minutes?)$/, MINUTE],
  [/^(h|hrs?|hours?)$/, HOUR],
  [/^(d|days?)$/, DAY],
  [/^(w|weeks?)$/, 7 * DAY],
  [/^(y|yrs?|years?)$/, 365.25 * DAY],
];

/** Whole milliseconds, rounded up so that nothing happens early. */
export function milliseconds(duration: Duration, what = 'a duration'): number {
  const exact = typeof duration === 'number' ? duration : parse(duration);
  if (exact === undefined || !Number.isFinite(exact)) {
    throw new TypeError(
      `${what} is a number of milliseconds or a text like '10s' or '3 days', not ${show(duration)}`,
    );
  }
  if (exact < 0) throw new RangeError(`${what} cannot be negative: ${show(duration)}`);
  return Math.ceil(exact);
}

export function optionalMilliseconds(duration: Duration | undefined, what: string): number | undefined {
  return duration === undefined ? undefined : milliseconds(duration, what);
}

/** Code says few durations, and says them often. */
const parsed = new Map<unknown, number | undefined>();
const PARSED_MAX = 1_000;

function parse(text: unknown): number | undefined {
  if (!parsed.has(text) && parsed.size < PARSED_MAX) parsed.set(text, read(text));
  return parsed.get(text) ?? read(text);
}

function read(text: unknown): number | undefined {
  const match = TEXT.exec(String(text).trim());
  if (match === null) return undefined;
  const unit = UNITS.find(([pattern]) => pattern.test((match[2] ?? '').toLowerCase()));
  return unit && Number(match[1]) * unit[1];
}

function show(duration: unknown): string {
  return typeof duration === 'string' ? `'${duration}'` : String(duration);
}
