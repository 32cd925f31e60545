// The worker that all tabs of a browser share: it holds the one live connection of them all. A tab that is closed says so;
// one that crashed, or was frozen, does not answer any more and is forgotten.
import { LiveHub } from './live-hub.ts';
import type { FromWorker, ToWorker } from './live-messages.ts';

const pingMs = 30_000;
const silentMs = 120_000;

let hub: LiveHub | undefined;

const serve = (port: MessagePort): void => {
  const leaves = new Map<number, () => void>();
  let isForgotten = false;
  let heardAt = Date.now();
  const send = (message: FromWorker): void => port.postMessage(message);
  const leaveAll = (): void => {
    for (const leave of leaves.values()) leave();
    leaves.clear();
  };
  const join = ({ id, target, address }: Extract<ToWorker, { kind: 'join' }>): void => {
    hub ??= new LiveHub(address);
    leaves.get(id)?.();
    leaves.set(
      id,
      hub.join(target, (event, data) => send({ kind: 'event', id, event, data })),
    );
  };
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    heardAt = Date.now();
    if (data.kind === 'join') join(data);
    if (data.kind === 'bye') leaveAll();
    if (data.kind === 'leave') {
      leaves.get(data.id)?.();
      leaves.delete(data.id);
    }
    if (data.kind === 'here' && isForgotten) send({ kind: 'forgotten' });
    isForgotten = false;
  };
  setInterval(() => {
    if (leaves.size > 0 && Date.now() - heardAt > silentMs) {
      isForgotten = true;
      leaveAll();
    }
    send({ kind: 'ping' });
  }, pingMs);
  send({ kind: 'ping' });
};

addEventListener('connect', (event) => {
  if (!(event instanceof MessageEvent)) return;
  for (const port of event.ports) serve(port);
});
