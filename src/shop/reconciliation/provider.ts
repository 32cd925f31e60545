// What a reconciliation asks of a payment provider: its own list of payments and refunds of ours, in its own minor units. The
// contract between the comparison and an adapter that can read the provider's account. It changes nothing there.
import type { LedgerEntry } from '../audit/gateway-ledger.ts';

export interface Money {
  /** Minor units, as the provider counts them. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

export interface ProviderPayment {
  readonly id: string;
  readonly orderId: string;
  /** `taken`; `held`: authorised, and neither captured nor cancelled; `none`: no money moved, or it never will. */
  readonly state: 'taken' | 'held' | 'none';
  /** What was taken or is held. */
  readonly money: Money;
}

export interface ProviderRefund {
  readonly id: string;
  readonly orderId: string;
  readonly paymentId: string;
  /** The key of our intent; undefined: it was made by somebody else, such as by hand. */
  readonly key: string | undefined;
  readonly money: Money;
}

/** Times are ms since 1970; both ends belong to it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface PaymentProvider {
  /** As in `--gateway`. */
  readonly name: string;
  /** Of this time, those of ours alone. @throws AppError `service-failed`. */
  payments(range: Range): AsyncIterable<ProviderPayment>;
  /** Refunds of this time of our payments, without those that failed. @throws AppError `service-failed`. */
  refunds(range: Range): AsyncIterable<ProviderRefund>;
  /** Undefined: it has no payment of ours with this id. @throws AppError `service-failed`. */
  payment(id: string): Promise<ProviderPayment | undefined>;
  /** All refunds of a payment, without those that failed. @throws AppError `service-failed`. */
  refundsOf(paymentId: string): Promise<readonly ProviderRefund[]>;
  /** An amount in ISO 4217's minor units as the provider counts it; undefined: it has no such amount. */
  toTheirs(money: Money): Money | undefined;
  /** All that it did in this time, as the doctor reads a gateway's ledger. @throws AppError `service-failed`. */
  ledger(range: Range): AsyncIterable<Omit<LedgerEntry, 'line'>>;
}
