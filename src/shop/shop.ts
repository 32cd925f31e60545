// The shop: the application that is shipped. It names what the engine needs to run an order of a shop; what happens
// to an order is in machines/.
import type { AnyEventObject } from 'xstate';
import { messages, type serviceNames } from '../../machines/messages.ts';
import { newestVersion, registry } from '../../machines/registry.ts';
import { moves } from '../../machines/system.ts';
import { type CallFailure, defineApplication, type ServiceDeclaration } from '../application.ts';
import { findPersonalFields, isPersonalField } from '../personal.ts';
import { snapshotOf } from '../step/view.ts';
import { shopAudit } from './audit/audit.ts';
import { stockReadings } from './audit/stock-rows.ts';
import { shopDisplay } from './display.ts';
import { fromVersion1 } from './from-version-1.ts';
import { shopInvariants } from './invariants.ts';
import { movedStock } from './moved-stock.ts';
import { toProductKey, toReservationKey } from './stock.ts';
import { postgresStock } from './stock-postgres.ts';
import { sqliteStock } from './stock-sqlite.ts';
import { contextOf, findMoves, type OrderView, toOrderView, toUnreadableOrderView } from './view.ts';

/** Its call failed, and did nothing. */
const failing = (type: 'warehouse.failed' | 'mailer.failed'): ServiceDeclaration => ({
  noAnswer: (reason) => ({ type, reason }),
  notDone: (reason) => ({ type, reason }),
});

/** The recipient or the mail is refused, not the service. */
const isAboutMail = (reason: string): boolean =>
  /^permanent-|^(address-unusable|reason-missing|unsafe-order-id)$/.test(reason);

const services = {
  warehouse: failing('warehouse.failed'),
  gateway: {
    // What became of the money is not known: it is looked up, and never charged again blindly.
    noAnswer: (failure: CallFailure) => ({
      type: 'gateway.unknown',
      reason: failure === 'key-expired' ? failure : 'no-answer',
    }),
    notDone: (reason: string) => ({ type: 'gateway.failed', reason }),
    doubtful: ['gateway.failed', 'gateway.refused'],
  },
  mailer: { ...failing('mailer.failed'), isAboutCall: isAboutMail },
} satisfies Record<(typeof serviceNames)[number], ServiceDeclaration>;

/** A placed order needs the products of its lines; what comes later may end its reservation. */
const rowsNeeded = (orderId: string, message: AnyEventObject | undefined): readonly string[] => {
  if (message?.type.startsWith('mailer.')) return [];
  if (message?.type !== 'order.place') return [toReservationKey(orderId)];
  const { items } = messages['order.place'].payload.parse(toPayload(message));
  return [...items.map(({ productId }) => toProductKey(productId)), toReservationKey(orderId)];
};

const toPayload = ({ type: _, ...payload }: AnyEventObject) => payload;

const { [newestVersion]: newest, ...otherVersions } = registry;

const personal = findPersonalFields(...Object.values(registry).map((version) => version.messages));
const isPersonal = (type: string, name: string, field: unknown): boolean =>
  isPersonalField(personal, type, name, field);

export const shop = defineApplication<OrderView>({
  name: 'shop',
  chartVersion: newestVersion,
  ...newest,
  otherVersions,
  migrations: { [`1→${newestVersion}`]: fromVersion1 },
  services,
  moves,
  mainActor: 'order',
  outcomes: ['order.completed', 'order.rejected', 'order.failed', 'order.cancelled'],
  ownerOf: (state) => contextOf(state).customerId,
  findMoves,
  awaitsCaller: (state) => snapshotOf(state, 'order').hasTag('awaitingCustomer'),
  toView: toOrderView,
  toUnreadableView: toUnreadableOrderView,
  invariants: shopInvariants,
  display: shopDisplay,
  tables: {
    rowsNeeded,
    sqlite: {
      ...sqliteStock,
      open: (connection) => ({ ...sqliteStock.open(connection), isPersonal }),
      audit: stockReadings,
    },
    postgres: { ...postgresStock, isPersonal, audit: stockReadings },
    moved: movedStock,
  },
  audit: shopAudit,
});
