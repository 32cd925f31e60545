// The services of the shop, typed: what each may be sent, and what its adapter returns.
import type { messages, ServiceName } from '../../machines/messages.ts';
import type { CommandIn, ReplyIn } from '../application.ts';
import type { InsideService, OutsideService, ServiceCall } from '../service.ts';

type ShopMessages = typeof messages;
/** The commands that a service may be sent, by its name: `warehouse.…`, `gateway.…`, `mailer.send`. */
export type CommandTo<S extends ServiceName> = CommandIn<ShopMessages, S>;
/** What an adapter returns: the reply without `key` and `attempt`, which are those of the command. */
export type ReplyFrom<S extends ServiceName> = ReplyIn<ShopMessages, S>;
/** One call as an adapter of the shop sees it. */
export type ShopCall<S extends ServiceName> = ServiceCall<CommandTo<S>>;
/** A service of the shop that lives elsewhere. */
export type ShopService<S extends ServiceName> = OutsideService<CommandTo<S>, ReplyFrom<S>>;
/** One adapter for each service of the shop, every one of them replaceable. */
export type ShopServices = {
  readonly [S in ServiceName]: ShopService<S> | InsideService<CommandTo<S>, ReplyFrom<S>>;
};
