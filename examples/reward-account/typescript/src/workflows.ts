/** A customer's points and level, for as long as the customer stays: a workflow that is a thing rather than a task. */

import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSearchAttributeKey,
  defineSignal,
  defineUpdate,
  defineWorkflow,
  http,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@dalsegno/workflow';

/** Who has the account, and what is on it; the argument of each run. */
interface Account {
  email: string;
  services: string;
  points?: number;
}

type Level = 'basic' | 'silver' | 'gold';
const LEVELS: Level[] = ['basic', 'silver', 'gold'];

/** What can be asked, and the result in the end. */
interface Status {
  points: number;
  level: Level;
}

const addPoints = defineUpdate<Status, [number]>('add_points', { description: 'Adds points.' });
const redeem = defineUpdate<Status, [number]>('redeem', { description: 'Takes points for a voucher.' });
const close = defineSignal('close', { description: 'Ends it, once all updates are answered.' });
const status = defineQuery<Status>('status', { description: 'Points and level.' });
const about = {
  description: 'Collects points until the account is closed.',
  signals: [close],
  queries: [status],
  updates: [addPoints, redeem],
};

export const rewardAccount = defineWorkflow('reward-account', about, run);

async function run({ email, services, points: before = 0 }: Account): Promise<Status> {
  let [points, isClosed] = [before, false];
  const now = (): Status => ({ points, level: levelOf(points) });

  /** Answers when the customer knows of a new level. */
  const add = async (added: number): Promise<Status> => {
    const former = now().level;
    points += added;
    const { level } = now();
    if (LEVELS.indexOf(level) > LEVELS.indexOf(former)) {
      show(level);
      const json = { to: email, subject: `You have reached ${capitalised(level)}` };
      await http.post(`${services}/notifications/emails`, { json });
    }
    return now();
  };
  const mayAdd = (added: number): void => {
    if (isClosed) throw refusal('AccountClosed', 'the account is closed');
    if (added < 1 || added > 10_000) throw refusal('NoSuchPoints', '1 to 10,000 points are added');
  };
  const take = (taken: number): Status => {
    const former = now().level;
    points -= taken;
    if (now().level !== former) show(now().level);
    return now();
  };
  const hasEnough = (taken: number): void => {
    if (taken > points) throw refusal('TooFewPoints', 'there are not so many points');
  };
  setHandler(addPoints, add, { validator: mayAdd });
  setHandler(redeem, take, { validator: hasEnough });
  setHandler(close, () => void (isClosed = true));
  setHandler(status, now);

  show(now().level);
  await condition(() => (isClosed || workflowInfo().continueAsNewSuggested) && allHandlersFinished());
  if (isClosed) return now();
  return await continueAsNew<typeof run>({ email, services, points });
}

function levelOf(points: number): Level {
  if (points < 500) return 'basic';
  return points < 2_000 ? 'silver' : 'gold';
}

/** Lets people find the accounts of a level. */
function show(level: Level): void {
  upsertSearchAttributes([{ key: defineSearchAttributeKey('Level', 'KEYWORD'), value: capitalised(level) }]);
}

function capitalised(level: Level): string {
  return level.slice(0, 1).toUpperCase() + level.slice(1);
}

function refusal(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message });
}
