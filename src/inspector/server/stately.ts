// Sends the event format of `@statelyai/inspect` over a WebSocket, so that any inspector that reads it can show the
// orders. Off by default. Personal data never leaves it, and a slow listener misses events instead of holding
// anything up.
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AnyMachineSnapshot } from 'xstate';
import type { Admission } from '../../admission.ts';
import { type Application, versionsOf } from '../../application.ts';
import type { Clock } from '../../clock.ts';
import { watchAdmission } from '../../event-stream.ts';
import type { CommitObserver, OrderChange } from '../../host.ts';
import { limits } from '../../limits.ts';
import { findPersonalFields, type PersonalFields, redact } from '../../personal.ts';

/** The version of the format: that of the package whose receiver the tests listen with. */
const formatVersion = '0.7.2';
const statelyPath = '/inspect';
const mostBuffered = 1_048_576;
/** RFC 6455, 7.4.1 */
const policyViolation = 1008;
/** Orders whose actors were announced, by id and chart version; older ones are announced again. */
const mostAnnounced = 10_000;

const toSnapshot = (personal: PersonalFields, { status, value, context, output }: AnyMachineSnapshot) => ({
  status,
  value,
  context: redact(personal, undefined, context),
  output,
  children: {},
});

const toDefinitions = (charts: Application['charts']): ReadonlyMap<string, string> =>
  new Map(Object.entries(charts).map(([name, { config }]) => [name, JSON.stringify(config)]));

const toAnnounced = ({ orderId, state }: OrderChange): string => JSON.stringify([orderId, state.charts]);

/** Who may listen. */
export interface Listening {
  readonly clock: Clock;
  /** The status with which a request is refused; undefined: it may listen. It is asked again while it does. */
  whyRefused(request: IncomingMessage): number | undefined;
}

export class StatelyFeed implements CommitObserver {
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: limits.inspectedBytes });
  readonly #announced = new Set<string>();
  readonly #mainActor: string;
  /** By chart version and actor. */
  readonly #definitions: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly #personal: PersonalFields;
  readonly #admission: Admission;

  constructor(application: Application, admission: Admission) {
    const versions = [...versionsOf(application)];
    this.#mainActor = application.mainActor;
    this.#definitions = new Map(versions.map(([version, { charts }]) => [version, toDefinitions(charts)]));
    this.#personal = findPersonalFields(...versions.map(([, { messages }]) => messages));
    this.#admission = admission;
  }

  /** Accepts WebSockets on `server`, which may start to listen later. */
  attach(server: Server, listening: Listening): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Node leaves the errors of an upgraded connection to us, and one that nobody listens to ends the process.
      socket.on('error', () => socket.destroy());
      // The connection of a listener that is gone without a word ends, and its place is free again.
      if (socket instanceof Socket) socket.setKeepAlive(true, limits.keepAliveMs);
      const why = this.#whyRefused(request) ?? listening.whyRefused(request);
      if (why === undefined) {
        this.#sockets.handleUpgrade(request, socket, head, (opened) =>
          this.#accept(opened, request, listening),
        );
      } else refuse(socket, why);
    });
  }

  #whyRefused({ url = '/', headers }: IncomingMessage): number | undefined {
    if (URL.parse(url, 'http://localhost')?.pathname !== statelyPath) return 404;
    if (!this.#admission.isOurs(headers.host)) return 421;
    // Browsers let a page of any site open a WebSocket.
    if (!this.#admission.isOurPage(headers, headers.host)) return 403;
    return this.#sockets.clients.size < limits.inspectSockets ? undefined : 503;
  }

  #accept(socket: WebSocket, request: IncomingMessage, { clock, whyRefused }: Listening): void {
    // A frame that breaks the protocol or the limit: `ws` closes the socket by itself.
    socket.on('error', () => socket.terminate());
    const stop = watchAdmission(
      clock,
      () => whyRefused(request) === undefined,
      () => socket.close(policyViolation),
    );
    socket.once('close', stop);
    this.#announced.clear();
  }

  isObserving = (): boolean => this.#sockets.clients.size > 0;

  note = (change: OrderChange): void => {
    const { orderId, at, state, deliveries } = change;
    const rootId = `${orderId}/${this.#mainActor}`;
    const about = { rootId, createdAt: String(at), _version: formatVersion, id: null };
    if (!this.#announced.has(toAnnounced(change))) this.#announce(change, about);
    for (const { from, to, message, snapshots } of deliveries) {
      if (snapshots === undefined) continue;
      const event = redact(this.#personal, message.type, message);
      const sessionId = `${orderId}/${to}`;
      const source = state.actors.has(from) ? { sourceId: `${orderId}/${from}` } : {};
      this.#send({ type: '@xstate.event', ...about, ...source, sessionId, event });
      const snapshot = toSnapshot(this.#personal, snapshots.after);
      this.#send({ type: '@xstate.snapshot', ...about, sessionId, event, snapshot });
    }
  };

  #announce(change: OrderChange, about: { readonly rootId: string }): void {
    if (this.#announced.size >= mostAnnounced) this.#announced.clear();
    this.#announced.add(toAnnounced(change));
    const { orderId, state, deliveries } = change;
    for (const [name, { snapshot }] of state.actors) {
      const first = deliveries.find(({ to, snapshots }) => to === name && snapshots)?.snapshots?.before;
      const sessionId = `${orderId}/${name}`;
      this.#send({
        type: '@xstate.actor',
        ...about,
        name,
        sessionId,
        ...(sessionId === about.rootId ? {} : { parentId: about.rootId }),
        definition: this.#definitions.get(state.charts)?.get(name),
        snapshot: toSnapshot(this.#personal, first ?? snapshot),
      });
    }
  }

  #send(event: object): void {
    const text = JSON.stringify(event);
    for (const socket of this.#sockets.clients) {
      if (hasRoom(socket)) socket.send(text);
    }
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }
}

const hasRoom = ({ readyState, OPEN, bufferedAmount }: WebSocket): boolean =>
  readyState === OPEN && bufferedAmount < mostBuffered;

/** The connection ends with its answer, whatever the other side does. */
const refuse = (socket: Duplex, status: number): void => {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};
