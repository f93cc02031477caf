/** A trial of a month, with a reminder and an end. */

import { condition, defineQuery, defineSignal, defineWorkflow, http, setHandler } from '@dalsegno/workflow';

const DAY_SECONDS = 24 * 60 * 60;

/** Who tries, and where the services are. */
interface Trial {
  email: string;
  /** From the beginning to the reminder; 27 days by default. */
  reminder_seconds?: number | null;
  /** From the reminder to the end; 3 days by default. */
  grace_seconds?: number | null;
  services: string;
}

/** How it stands, and the result. */
type Standing = { status: 'trial' | 'reminded' | 'expired' } | { status: 'subscribed'; plan: string };

const subscribe = defineSignal<[plan: string]>('subscribe', { description: 'The customer stays.' });
const standing = defineQuery<Standing>('standing', { description: 'How it stands.' });
const about = { description: 'Lets a customer try for a month.', signals: [subscribe], queries: [standing] };

export const trialExpiry = defineWorkflow('trial-expiry', about, async (trial: Trial) => {
  let now: Standing = { status: 'trial' } as Standing;
  const isSubscribed = (): boolean => now.status === 'subscribed';
  // After the end it is too late.
  setHandler(
    subscribe,
    (plan) => void (now = now.status === 'expired' ? now : { status: 'subscribed', plan }),
  );
  setHandler(standing, () => now);
  const mail = (subject: string) =>
    http.post(`${trial.services}/notifications/emails`, { json: { to: trial.email, subject } });

  await mail('Welcome to your trial');
  if (!(await condition(isSubscribed, (trial.reminder_seconds ?? 27 * DAY_SECONDS) * 1_000))) {
    now = { status: 'reminded' };
    await mail('Your trial ends soon');
    if (!(await condition(isSubscribed, (trial.grace_seconds ?? 3 * DAY_SECONDS) * 1_000)))
      now = { status: 'expired' };
  }
  await mail(now.status === 'expired' ? 'Your trial has ended' : 'Thank you!');
  return now;
});
