// Speaks the event format of `@statelyai/inspect` to whoever attaches to the WebSocket, so that any inspector
// that reads it can show the orders. Off unless it is asked for. What could name a person is left out here, at
// the source; a listener that is slow misses events rather than holding anything up.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import { orderSystem } from '../../machines/system.ts';
import type { Onlooker, OrderChange } from '../host.ts';

/** The version of the format: that of the package whose receiver the tests listen with. */
const formatVersion = '0.7.2';
const statelyPath = '/inspect';
const personal = new Set(['customerId', 'email', 'recipient', 'note', 'name']);
const mostBuffered = 1_048_576;
/** Orders whose actors a listener was told of; older ones are introduced again. */
const mostIntroduced = 10_000;

const redact = (value: unknown): unknown => JSON.parse(JSON.stringify(value, hide) ?? 'null');
const hide = (key: string, value: unknown): unknown => (personal.has(key) ? '[redacted]' : value);

const toSnapshot = ({ status, value, context, output }: AnyMachineSnapshot) => ({
  status,
  value,
  context: redact(context),
  output,
  children: {},
});

const definitions = new Map(
  Object.entries(orderSystem.charts).map(([name, { config }]) => [name, JSON.stringify(config)]),
);

export class StatelyFeed implements Onlooker {
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #introduced = new Set<string>();

  /** Listens for WebSockets on a server that listens, or will. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (new URL(request.url ?? '/', 'http://localhost').pathname !== statelyPath) {
        socket.destroy();
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
      const event: AnyEventObject = { type: message.type, ...Object(redact(message)) };
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
