// What an application is made of that extends the shop: the package's export `orderchart/shop`. The charts and messages that
// are shipped, and what charts of one's own are built with. It runs nothing.
export type { MessageFor, MessageOf } from '../../machines/catalogue.ts';
export {
  type CallContext,
  type ChartNotes,
  callDelays,
  callGuards,
  chartParts,
  currentCall,
  ifCurrentTryAgain,
  noIncidentReasons,
  noRetrying,
  staleAnswerReason,
  tryAgain,
} from '../../machines/chart.ts';
export { ask, command, event, extendMessages } from '../../machines/extend-messages.ts';
export { insertState } from '../../machines/insert-state.ts';
export { messages as shopMessages } from '../../machines/messages.ts';
export type { OrderContext } from '../../machines/order-context.ts';
export { attempt, id, item, money, recipient, retrying } from '../../machines/payloads.ts';
export { registry } from '../../machines/registry.ts';
