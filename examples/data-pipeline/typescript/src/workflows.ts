/** Extract, transform, load: prices, their statistics, a report. */

import { defineQuery, defineWorkflow, http, setHandler } from '@dalsegno/workflow';

import { type Price, transform } from './transform';

const REQUESTS_AT_A_TIME = 3;

/** What is read, who gets the report, and where the services are. */
interface Pipeline {
  skus: string[];
  report_to: string;
  services: string;
}

interface Progress {
  stage: 'extract' | 'transform' | 'load' | 'done';
  done: number;
  of: number;
}

const progress = defineQuery<Progress>('progress', { description: 'How far it is.' });
const about = { description: 'Reads prices, a few at a time, and reports.', queries: [progress] };

export const dataPipeline = defineWorkflow(
  'data-pipeline',
  about,
  async ({ skus, report_to, services }: Pipeline) => {
    const now: Progress = { stage: 'extract', done: 0, of: skus.length };
    setHandler(progress, () => now);

    const prices = await mapFew(skus, async (sku) => {
      const price = await extract(services, sku);
      now.done += 1;
      return price;
    });
    now.stage = 'transform';
    const report = transform(skus, prices);
    now.stage = 'load';
    const subject = `Prices of ${report.count} articles: ${report.total_cents} cents`;
    await http.post(`${services}/notifications/emails`, { json: { to: report_to, subject } });
    now.stage = 'done';
    return report;
  },
);

/** A price; none if there is none. */
async function extract(services: string, sku: string): Promise<Price | undefined> {
  try {
    return (await http.get<Price>(`${services}/prices/${sku}`, { summary: sku })).body;
  } catch (error) {
    if (http.errorStatus(error)?.status === 404) return undefined;
    throw error;
  }
}

/** Maps all values, a few of them at the same time. */
async function mapFew<T, R>(values: T[], map: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = [...values.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      results[next[0]] = await map(next[1]);
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_A_TIME }, work));
  return results;
}
