// What the shop has examined beside what every application has: its stock, its money against the gateway's ledger, how
// its orders end and whom it notified. It reads, and never changes anything.
import type { Audit, Results } from '../../audit.ts';
import type { OrderRecords } from '../../audit-source.ts';
import { type ShopCheck, shopChecks } from './checks.ts';
import { checkEnd } from './end-checks.ts';
import { checkLedger, checkLedgerOfOrphan } from './ledger-checks.ts';
import { checkMoney } from './money-checks.ts';
import { checkMails, checkNotices } from './notice-checks.ts';
import { toLedgerEntries, toShopOrder } from './shop-order.ts';
import { checkProducts, checkReservation } from './stock-checks.ts';
import { reservationRows } from './stock-rows.ts';

export const shopAudit: Audit = {
  checks: shopChecks,
  checkOrder: (audited, terms, results) => {
    const order = toShopOrder(audited);
    checkReservation(order, results);
    checkMoney(order, results);
    checkEnd(order, results);
    checkNotices(order, results);
    checkMails(order, terms, results);
    const ledger = toLedgerEntries(order);
    if (ledger) checkLedger(order, ledger, terms, results);
  },
  checkOrphan: (records, terms, results) => {
    checkStockOfOrphan(records, results);
    checkLedgerOfOrphan(records.orderId, toLedgerEntries(records) ?? [], terms, results);
  },
  checkTables: checkProducts,
};

const checkStockOfOrphan = ({ orderId, rows }: OrderRecords, results: Results<ShopCheck>): void => {
  const { reservations = [], shares = [], stock = [] } = rows;
  if (reservations.length + shares.length + stock.length === 0) return;
  results.violate('reservedOnce', orderId, 'stock was reserved for an order that does not exist');
  if (reservationRows.parse(reservations).some(({ status }) => status === 'held')) {
    results.violate('noStockLeftReserved', orderId, 'stock is reserved for an order that does not exist');
  }
};
