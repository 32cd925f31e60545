// The services of the shop, typed: what each may be sent, and what its adapter returns.
import type { messages, ServiceName } from '../../machines/messages.ts';
import type { CommandIn, Reply, ReplyIn } from '../application.ts';
import type { Command, InsideService, OutsideService, ServiceCall } from '../service.ts';

type ShopMessages = typeof messages;
/** The commands that a service may be sent, by its name: `warehouse.…`, `gateway.…`, `mailer.send`. */
export type CommandTo<S extends ServiceName> = CommandIn<ShopMessages, S>;
/** What an adapter returns: the reply without `key` and `attempt`, which are those of the command. */
export type ReplyFrom<S extends ServiceName> = ReplyIn<ShopMessages, S>;
/** One call as an adapter of the shop sees it. */
export type ShopCall<S extends ServiceName> = ServiceCall<CommandTo<S>>;
/** A service of the shop that lives elsewhere. */
export type ShopService<S extends ServiceName> = OutsideService<CommandTo<S>, ReplyFrom<S>>;

/** A payment that its customer has to confirm (3-D Secure), as its order knows it. */
export interface AwaitedPayment {
  readonly orderId: string;
  /** Null: the order is from before providers were recorded. */
  readonly provider: string | null;
  readonly transactionId: string;
}
/** What the customer's own program needs for that. Fetched each time it is asked for, and never stored. */
export interface PaymentAction {
  readonly provider: string;
  readonly clientSecret: string;
}
/** What became of a charge, as the gateway reports it of its own accord. */
interface ChargeReport {
  /** The charge's key. */
  readonly key: string;
  readonly reply: Reply;
}
/** What a gateway can do for customers who confirm their payments. Left out: it has no such payments. */
export interface CustomerActions {
  /** Undefined: there is nothing to confirm. @throws AppError `provider-unavailable`. */
  paymentAction?(payment: AwaitedPayment): Promise<PaymentAction | undefined>;
  /** Only of a simulation: the customer confirms, or fails to. Undefined: there is nothing to confirm. */
  playCustomer?(payment: AwaitedPayment, confirms: boolean): Promise<ChargeReport | undefined>;
}
/** A payment gateway that lives elsewhere. */
export type Gateway<C = CommandTo<'gateway'>, R = ReplyFrom<'gateway'>> = OutsideService<C, R> &
  CustomerActions;
/** One of any provider: its messages are checked when calls are made. */
export type AnyGateway = Gateway<Command, Reply>;

/** One adapter for each service of the shop, every one of them replaceable. */
export type ShopServices = {
  readonly [S in ServiceName]:
    | (S extends 'gateway' ? Gateway : ShopService<S>)
    | InsideService<CommandTo<S>, ReplyFrom<S>>;
};
