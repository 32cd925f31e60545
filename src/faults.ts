// The commit points, by name: every place at which a crash finds a different state of affairs. Nothing here crashes
// anything, and in production `reach` does nothing; a simulation, or a test of real processes, crashes at each of them.

/**
 * Not here, because they do not exist: an inbox of its own (a message is recorded in the commit that it leads to), a
 * claim of deadlines (two hosts may fire one, and the second finds it gone), the renewal of leases (a lease lasts longer
 * than its call). Not here, because they are elsewhere: the check of a webhook's signature (the API's edge), migrations
 * and checkpoints (the SQLite store, whose own tests prove them).
 */
export const faultPoints = {
  'accept.received': 'an order is asked for',
  'accept.before-commit': 'an order is decided, and not stored',
  'accept.after-commit': 'an order is stored, and the request not answered',
  'accept.answered': 'an order is stored, and the request answered',
  'move.received': 'a person asks for a move',
  'move.before-commit': 'a move is decided, and not stored',
  'move.after-commit': 'a move is stored, and the request not answered',
  'move.answered': 'a move is stored, and the request answered',
  'fact.received': 'a service reports something by itself',
  'fact.before-commit': 'its report is decided, and not stored',
  'fact.after-commit': 'its report is stored, and not acknowledged',
  'fact.answered': 'its report is stored, and acknowledged',
  'claim.before': 'calls are about to be claimed',
  'claim.after': 'calls are claimed, and not made',
  'stock.before': 'a service in the store is about to answer a command, inside a decision',
  'stock.after': 'a service in the store has answered, and nothing is stored',
  'call.before': 'a call is stored, and not made',
  'call.after-effect': 'a call took effect outside, and its answer has not arrived',
  'call.after-reply': 'the reply to a call has arrived, and is not stored',
  'reply.before-commit': 'a reply is decided, and not stored',
  'reply.after-commit': 'a reply is stored, and its effects not carried out',
  'deadline.due': 'deadlines are found due',
  'deadline.before-commit': 'a deadline is decided, and not stored',
  'deadline.after-commit': 'a deadline is stored, and its effects not carried out',
  'settle.before-commit': 'an order is settled in a decision, and not in the store',
  'settle.after-commit': 'an order is settled in the store',
  'recover.before': 'a host starts over what another left',
  'recover.after': 'a host knows what another left, and has resumed nothing',
  'drain.before': 'a host is asked to stop',
  'drain.after': 'a host has stopped, and its process still runs',
} as const;

export type FaultPoint = keyof typeof faultPoints;
export const isFaultPoint = (name: string): name is FaultPoint => Object.hasOwn(faultPoints, name);

export interface Faults {
  /**
   * Called when a point is reached; `about` names the command of a `stock` or `call` point. It may throw, or end the
   * process; it then makes sure that nothing of this host runs afterwards.
   */
  reach(point: FaultPoint, about?: string): void;
}

export const noFaults: Faults = { reach: () => {} };
