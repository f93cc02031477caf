export interface Price {
  sku: string;
  cents: number;
}

export interface Report {
  count: number;
  total_cents: number;
  dearest: string | null;
  failed: string[];
}

/** Statistics. No workflow is needed to test it. */
export function transform(skus: string[], prices: (Price | undefined)[]): Report {
  const known = prices.filter((price) => price !== undefined);
  const dearer = (a: Price | undefined, b: Price): Price => (a === undefined || b.cents > a.cents ? b : a);
  return {
    count: known.length,
    total_cents: known.reduce((sum, { cents }) => sum + cents, 0),
    dearest: known.reduce<Price | undefined>(dearer, undefined)?.sku ?? null,
    failed: skus.filter((_, index) => prices[index] === undefined),
  };
}
