/** A mail for a new customer at once, and another after three days. */

import { condition, defineSignal, defineWorkflow, http, setHandler } from '@dalsegno/workflow';

const THREE_DAYS_SECONDS = 3 * 24 * 60 * 60;

/** Who is new, and where the services are. */
interface Customer {
  name: string;
  email: string;
  services: string;
  wait_seconds?: number;
}

const unsubscribe = defineSignal('unsubscribe', { description: 'No more mails.' });
const about = {
  description: 'Welcomes, and follows up unless the customer wants no more.',
  signals: [unsubscribe],
};

export const welcomeEmail = defineWorkflow('welcome-email', about, async (customer: Customer) => {
  const { name, email, services, wait_seconds = THREE_DAYS_SECONDS } = customer;
  let isUnsubscribed = false;
  setHandler(unsubscribe, () => void (isUnsubscribed = true));
  const mail = (subject: string) =>
    http.post(`${services}/notifications/emails`, { json: { to: email, subject }, summary: subject });

  await mail(`Welcome, ${name}!`);
  if (await condition(() => isUnsubscribed, wait_seconds * 1_000)) return { followed_up: false };
  await mail(`How do you like it, ${name}?`);
  return { followed_up: true };
});
