/** A purchase that somebody has to approve, or it is escalated and expires. */

import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  defineWorkflow,
  http,
  setHandler,
} from '@dalsegno/workflow';

const TWO_DAYS_SECONDS = 48 * 60 * 60;

/** What is to be bought, who decides, and where the services are. */
interface Purchase {
  purchase: string;
  requester: string;
  manager: string;
  director: string;
  services: string;
  decide_seconds?: number;
  escalated_seconds?: number;
}

interface Status {
  status: 'waiting' | 'escalated' | 'approved' | 'rejected' | 'expired';
  by: string | null;
  reason: string | null;
}

interface Decision {
  by: string;
  approved: boolean;
  reason?: string | null;
}

const decide = defineUpdate<Status, [Decision]>('decide', { description: 'Approves or rejects.' });
const status = defineQuery<Status>('status', { description: 'How it stands.' });
const about = {
  description: 'Waits for the manager, then for the director.',
  updates: [decide],
  queries: [status],
};

export const purchaseOrder = defineWorkflow('purchase-order', about, async (order: Purchase) => {
  const { purchase, requester, manager, director, decide_seconds, escalated_seconds } = order;
  let now: Status = { status: 'waiting', by: null, reason: null };
  const isOpen = (): boolean => now.status === 'waiting' || now.status === 'escalated';

  const mayDecide = ({ by }: Decision): void => {
    if (!isOpen()) throw refusal('AlreadyDecided', `it is ${now.status} already`);
    const isInCharge = by === manager || (by === director && now.status === 'escalated');
    if (!isInCharge) throw refusal('NotInCharge', `${by} does not decide on it`);
  };
  const decided = ({ by, approved, reason = null }: Decision): Status => {
    now = { status: approved ? 'approved' : 'rejected', by, reason };
    return now;
  };
  setHandler(decide, decided, { validator: mayDecide });
  setHandler(status, () => now);

  const mail = (to: string, subject: string) =>
    http.post(`${order.services}/notifications/emails`, { json: { to, subject }, summary: subject });
  const isDecidedWithin = (seconds = TWO_DAYS_SECONDS) => condition(() => !isOpen(), seconds * 1_000);

  await mail(manager, `Please approve: ${purchase}`);
  if (!(await isDecidedWithin(decide_seconds))) {
    now.status = 'escalated';
    await mail(director, `Nobody has decided: ${purchase}`);
    if (!(await isDecidedWithin(escalated_seconds))) now.status = 'expired';
  }
  await mail(requester, `${purchase}: ${now.status}`);
  return now;
});

function refusal(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message });
}
