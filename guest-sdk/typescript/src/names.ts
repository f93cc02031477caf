/** The contract's `try-cancel` is JavaScript's `TRY_CANCEL`. */

export function toKebab(name: string): string {
  return name.toLowerCase().replace(/_/g, '-');
}

export function fromKebab(name: string): string {
  return name.toUpperCase().replace(/-/g, '_');
}

/** Looks an option's value up in a table from its name to the contract's. */
export function choose(
  table: Readonly<Record<string, string>>,
  value: string | undefined,
  what: string,
): string {
  const found = value === undefined ? Object.values(table)[0] : table[value];
  if (found !== undefined) return found;
  throw new TypeError(`${what} is one of ${Object.keys(table).join(', ')}, not ${String(value)}`);
}

/** The names of a table as constants: `{ ABANDON: 'ABANDON' }`. */
export function keysOf<T extends object>(table: T): { readonly [K in keyof T]: K } {
  return Object.fromEntries(Object.keys(table).map((key) => [key, key])) as { [K in keyof T]: K };
}
