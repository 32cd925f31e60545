// The commit points: every place where a crash finds another state of affairs, each with a name. Nothing here
// crashes anything, and in a service that is not told otherwise `reach` does nothing; it exists so that a
// simulation, or a test of real processes, can crash at each of them and nobody can forget one.

/**
 * Every point, with its names in the list of commit points that the simulator was asked for (C: accepting and
 * calling, W: facts from outside, T: deadlines, N and D: finishing and undoing, L: take-over, G: stopping).
 * Not here, because they do not exist: an inbox of its own (C6, C12: a message is recorded in the commit that
 * it leads to); a claim of deadlines (T2: two hosts may ring, one finds it gone); the renewal of leases (L1:
 * a lease outlasts its call). Not here, because they are elsewhere: a webhook's signature (W2: the edge);
 * migrations and checkpoints (M1, K1: inside the SQLite store, proven by its own tests).
 */
export const faultPoints = {
  'accept.received': 'C0 after: an order was asked for',
  'accept.before-commit': 'C1 before',
  'accept.after-commit': 'C1 after, C2 before: stored, not answered',
  'accept.answered': 'C2 after',
  'move.received': 'a person asked for a move',
  'move.before-commit': 'D1 before: such as the intent to refund',
  'move.after-commit': 'D1 after: stored, not answered',
  'move.answered': 'a move was answered',
  'fact.received': 'W1 after: a service told something unasked',
  'fact.before-commit': 'W3 before',
  'fact.after-commit': 'W3 after, W4 before',
  'fact.answered': 'W4 after',
  'claim.before': 'C3 before',
  'claim.after': 'C3 after',
  'stock.before': 'C4 after, C5, N4, D4 before: inside the commit that asks the warehouse',
  'stock.after': 'C5, N4, D4 after: the stock is changed, the commit not written',
  'call.before': 'C8, N1, D1 after, C9 before: the intent is stored, the call not made',
  'call.after-effect': 'C9, C10, N2, D2 after: it took effect outside, and nothing came back',
  'call.after-reply': 'C11, N3, D3 after: the reply came, and is not stored',
  'reply.before-commit': 'C7, C13 before',
  'reply.after-commit': 'C7, C8, C13 after',
  'deadline.due': 'T1 after: found due',
  'deadline.before-commit': 'T3 before',
  'deadline.after-commit': 'T3 after',
  'settle.before-commit': 'N5, D5 before: the commit that settles an order',
  'settle.after-commit': 'N5, D5 after',
  'recover.before': 'L2 before: a host starts over what another left',
  'recover.after': 'L2 after',
  'drain.before': 'G1 before: asked to stop',
  'drain.after': 'G1 after: stopped, and the process still there',
} as const;

export type FaultPoint = keyof typeof faultPoints;

export interface Faults {
  /**
   * Says that a point is reached; `about` names the command of a `stock` or `call` point. May throw, or end
   * the process: whoever throws sees to it that nothing of this host goes on afterwards.
   */
  reach(point: FaultPoint, about?: string): void;
}

export const noFaults: Faults = { reach: () => {} };
