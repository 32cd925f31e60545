// How a tab gets what is live: from the worker that all tabs of the browser share, so that they need one connection however
// many they are (browsers open six to a server). A SharedWorker, and no tab that leads the others: browsers freeze and throttle
// tabs in the background, and never this worker. Where there is none, or it does not start, the tab connects by itself.
import { toPublic } from './addresses.tsx';
import { type Listener, LiveHub, type Target } from './live-hub.ts';
import type { FromWorker, ToWorker } from './live-messages.ts';

const address = toPublic('/inspector/api/shared-live');
/** A worker says something as soon as it runs. */
const startWithinMs = 10_000;

interface Subscription {
  readonly target: Target;
  readonly listener: Listener;
}
/** Something that subscriptions are made known to. */
interface Link {
  join(id: number, subscription: Subscription): void;
  leave(id: number): void;
}

const subscriptions = new Map<number, Subscription>();
let lastId = 0;
let link: Link | undefined;

const joinAll = (): void => {
  for (const [id, subscription] of subscriptions) link?.join(id, subscription);
};

const connectAlone = (): Link => {
  const hub = new LiveHub(address);
  const leaves = new Map<number, () => void>();
  return {
    join: (id, { target, listener }) => {
      leaves.set(id, hub.join(target, listener));
    },
    leave: (id) => {
      leaves.get(id)?.();
      leaves.delete(id);
    },
  };
};

const connectTo = ({ port }: SharedWorker, onStart: () => void): Link => {
  const send = (message: ToWorker): void => port.postMessage(message);
  const { join, leave }: Link = {
    join: (id, { target }) => send({ kind: 'join', id, target, address }),
    leave: (id) => send({ kind: 'leave', id }),
  };
  port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    onStart();
    if (data.kind === 'event') subscriptions.get(data.id)?.listener(data.event, data.data);
    if (data.kind === 'ping') send({ kind: 'here' });
    if (data.kind === 'forgotten') joinAll();
  };
  addEventListener('pagehide', () => send({ kind: 'bye' }));
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) joinAll();
  });
  // A frozen tab answers no ping.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) send({ kind: 'here' });
  });
  return { join, leave };
};

const connect = (): Link => {
  if (typeof SharedWorker === 'undefined') return connectAlone();
  let isDecided = false;
  const giveUp = (worker?: SharedWorker): void => {
    if (isDecided) return;
    isDecided = true;
    worker?.port.close();
    link = connectAlone();
    joinAll();
  };
  try {
    const worker = new SharedWorker(new URL('./live-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('error', () => giveUp(worker));
    setTimeout(() => giveUp(worker), startWithinMs);
    return connectTo(worker, () => {
      isDecided = true;
    });
  } catch {
    return connectAlone();
  }
};

/** Calls `listener` with each event of `target` from its start, some of them more than once. Returns what ends that. */
export const subscribe = (target: Target, listener: Listener): (() => void) => {
  lastId += 1;
  const id = lastId;
  const subscription = { target, listener };
  subscriptions.set(id, subscription);
  link ??= connect();
  link.join(id, subscription);
  return () => {
    subscriptions.delete(id);
    link?.leave(id);
  };
};
