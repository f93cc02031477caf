/** One message over several channels at the same time. */

import { ActivityFailure, ApplicationFailure, defineWorkflow, http } from '@dalsegno/workflow';

interface Channel {
  kind: string;
  to: string;
}

/** What is said, over what, and where the services are. */
interface Message {
  subject: string;
  channels: Channel[];
  services: string;
}

/** What came of a channel. */
interface Sent extends Channel {
  sent: boolean;
  error: string | null;
}

const about = { description: 'Sends a message over all channels. One that fails does not stop the others.' };

export const notifications = defineWorkflow(
  'notifications',
  about,
  async ({ subject, channels, services }: Message) => {
    const requests = channels.map((channel) => request(subject, channel));
    return await Promise.all(
      requests.map(({ channel, path, json }) => send(channel, `${services}${path}`, json)),
    );
  },
);

/** The service of a channel, and what it is asked. */
function request(subject: string, channel: Channel): { channel: Channel; path: string; json: object } {
  const { kind, to } = channel;
  switch (kind) {
    case 'email':
      return { channel, path: '/notifications/emails', json: { to, subject } };
    case 'letter':
      return { channel, path: '/shipping/shipments', json: { order_id: subject, address: to } };
    default:
      throw ApplicationFailure.create({ type: 'UnknownChannel', message: `there is no channel \`${kind}\`` });
  }
}

async function send({ kind, to }: Channel, url: string, json: object): Promise<Sent> {
  try {
    await http.post(url, { json, summary: `${kind} to ${to}` });
    return { kind, to, sent: true, error: null };
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const type = error.cause instanceof ApplicationFailure ? error.cause.type : 'Unknown';
    return { kind, to, sent: false, error: type };
  }
}
