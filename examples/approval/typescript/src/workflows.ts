/** Waits for a decision, for seven days. */

import { condition, defineQuery, defineSignal, defineWorkflow, setHandler } from '@dalsegno/workflow';

const SECONDS_TO_DECIDE = 7 * 24 * 60 * 60;

type Decision =
  | { status: 'waiting' | 'expired' }
  | { status: 'approved'; by: string }
  | { status: 'rejected'; by: string; reason: string | null };

const approve = defineSignal<[by: string]>('approve', { description: 'Says yes.' });
const reject = defineSignal<[by: string, reason?: string]>('reject', { description: 'Says no.' });
const status = defineQuery<Decision>('status', { description: 'The decision so far.' });

const about = {
  description: 'Waits for the signal `approve` or `reject`; without one it expires.',
  signals: [approve, reject],
  queries: [status],
};

export const approval = defineWorkflow(
  'approval',
  about,
  async (_subject: string, seconds?: number | null) => {
    let decision: Decision = { status: 'waiting' };
    const isDecided = (): boolean => decision.status !== 'waiting';
    // The first decision counts.
    const decide = (made: Decision): void => void (decision = isDecided() ? decision : made);
    setHandler(approve, (by) => decide({ status: 'approved', by }));
    setHandler(reject, (by, reason) => decide({ status: 'rejected', by, reason: reason ?? null }));
    setHandler(status, () => decision);

    const isInTime = await condition(isDecided, (seconds ?? SECONDS_TO_DECIDE) * 1_000);
    if (!isInTime) decide({ status: 'expired' });
    return decision;
  },
);
