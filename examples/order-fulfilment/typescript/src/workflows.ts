/** Payment, inventory, confirmation, shipping; undone in reverse order when one fails. */

import { CancellationScope, defineQuery, defineWorkflow, http, setHandler } from '@dalsegno/workflow';

import { Saga } from './saga';

/** What is ordered, and where the services are. */
interface Order {
  order_id: string;
  card: string;
  cents: number;
  items: { sku: string; quantity: number }[];
  address: string;
  email: string;
  /** The base URL: `http://127.0.0.1:7500`. */
  services: string;
  /** How often the payment service is to fail before it works. */
  flaky?: number;
}

/** What the customer gets. */
interface Receipt {
  order_id: string;
  charge: string;
  reservation: string;
  shipment: string;
}

const status = defineQuery<string>('status', { description: 'The step that the order is at.' });
const description = 'Fulfils an order, or leaves nothing behind.';

export const orderFulfilment = defineWorkflow(
  'order-fulfilment',
  { description, queries: [status] },
  async (order: Order) => {
    let step = '';
    setHandler(status, () => step);
    const saga = new Saga();
    try {
      return await fulfil(order, saga, (name) => void (step = name));
    } catch (error) {
      step = 'compensating';
      await CancellationScope.nonCancellable(() => saga.compensate());
      step = 'compensated';
      throw error;
    }
  },
);

async function fulfil(order: Order, saga: Saga, enter: (step: string) => void): Promise<Receipt> {
  const { order_id, card, cents, items, address, email, services, flaky = 0 } = order;

  enter('charging');
  const charge = await call(services, '/payments/charges', { order_id, card, cents, flaky });
  saga.undoBy(`${services}/payments/refunds`, { charge });

  enter('reserving');
  const reservation = await call(services, '/inventory/reservations', { order_id, items });
  saga.undoBy(`${services}/inventory/releases`, { reservation });

  enter('confirming');
  await call(services, '/notifications/emails', { to: email, subject: `Your order ${order_id}` });

  enter('shipping');
  const shipment = await call(services, '/shipping/shipments', { order_id, address });

  enter('fulfilled');
  return { order_id, charge, reservation, shipment };
}

/** One step. It is waited for even when the run is cancelled, so that we know whether it is to be undone. */
async function call(services: string, path: string, json: object): Promise<string> {
  const { body } = await http.post<{ id: string }>(`${services}${path}`, {
    json,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary: path,
  });
  return body.id;
}
