// Speaks the event format of `@statelyai/inspect` to whoever attaches to the WebSocket, so that any inspector
// that reads it can show the orders. Off unless it is asked for. What could name a person is left out here, at
// the source; a listener that is slow misses events rather than holding anything up.
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import { orderSystem } from '../../machines/system.ts';
import type { Onlooker, OrderChange } from '../host.ts';

/** The version of the format: that of the package whose receiver the tests listen with. */
const formatVersion = '0.7.2';
const statelyPath = '/inspect';
const personal = new Set(['customerId', 'email', 'recipient', 'note', 'name', 'text']);
const mostBuffered = 1_048_576;
/** Orders whose actors a listener was told of; older ones are introduced again. */
const mostIntroduced = 10_000;

const redact = (value: unknown, hasOwnWords: boolean): unknown =>
  JSON.parse(JSON.stringify(value, (key, each) => hide(key, each, hasOwnWords)) ?? 'null');
/** People say in their own words why they cancel or refund; services name reasons from closed lists. */
const hide = (key: string, value: unknown, hasOwnWords: boolean): unknown =>
  personal.has(key) || (key === 'reason' && hasOwnWords && typeof value === 'string') ? '[redacted]' : value;

/** A message as listeners are told it. */
export const toSaid = (message: AnyEventObject): AnyEventObject => ({
  ...{ type: message.type },
  ...Object(redact(message, message.type.startsWith('order.'))),
});

const toSnapshot = ({ status, value, context, output }: AnyMachineSnapshot) => ({
  status,
  value,
  context: redact(context, true),
  output,
  children: {},
});

const definitions = new Map(
  Object.entries(orderSystem.charts).map(([name, { config }]) => [name, JSON.stringify(config)]),
);

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * A page of another site can open a WebSocket to us, also under a name of its own that leads to this machine.
 * So the name must be ours, and a page that asks must have come from it.
 */
export const isWelcome = (
  { host, origin }: Pick<IncomingHttpHeaders, 'host' | 'origin'>,
  hosts: readonly string[],
): boolean => {
  const asked = URL.parse(`http://${host}`);
  if (host === undefined || asked === null) return false;
  if (!loopback.test(asked.hostname) && !hosts.includes(asked.hostname)) return false;
  return origin === undefined || URL.parse(origin)?.host === asked.host;
};

export class StatelyFeed implements Onlooker {
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #introduced = new Set<string>();
  readonly #hosts: readonly string[];

  /** @param hosts names beside loopback under which it may be reached */
  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
  }

  /** Listens for WebSockets on a server that listens, or will. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (URL.parse(request.url ?? '/', 'http://localhost')?.pathname !== statelyPath) {
        socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
        return;
      }
      if (!isWelcome(request.headers, this.#hosts)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, () => this.#introduced.clear());
    });
  }

  isLooking = (): boolean => this.#sockets.clients.size > 0;

  note = ({ orderId, at, state, passed }: OrderChange): void => {
    const about = { rootId: `${orderId}/order`, createdAt: String(at), _version: formatVersion, id: null };
    if (!this.#introduced.has(orderId)) {
      if (this.#introduced.size >= mostIntroduced) this.#introduced.clear();
      this.#introduced.add(orderId);
      for (const [name, { snapshot }] of state.actors) {
        const first = passed.find(({ to, taken }) => to === name && taken)?.taken?.was ?? snapshot;
        this.#send({
          type: '@xstate.actor',
          ...about,
          name,
          sessionId: `${orderId}/${name}`,
          ...(name === 'order' ? {} : { parentId: `${orderId}/order` }),
          definition: definitions.get(name),
          snapshot: toSnapshot(first),
        });
      }
    }
    for (const { from, to, message, taken } of passed) {
      if (taken === undefined) continue;
      const event = toSaid(message);
      const sessionId = `${orderId}/${to}`;
      const source = state.actors.has(from) ? { sourceId: `${orderId}/${from}` } : {};
      this.#send({ type: '@xstate.event', ...about, ...source, sessionId, event });
      this.#send({ type: '@xstate.snapshot', ...about, sessionId, event, snapshot: toSnapshot(taken.is) });
    }
  };

  #send(said: object): void {
    const text = JSON.stringify(said);
    for (const socket of this.#sockets.clients) {
      if (canTake(socket)) socket.send(text);
    }
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }
}

const canTake = ({ readyState, OPEN, bufferedAmount }: WebSocket): boolean =>
  readyState === OPEN && bufferedAmount < mostBuffered;
