// Keys whose answers wait for an order: the commit that ends the wait stores them with it, so that they need none of their
// own. It waits for nothing itself. In memory is enough: who waits is in this process.
import type { AwaitedAnswer } from '../host.ts';
import { endsWait, type SystemView } from '../step/view.ts';
import type { AmendedAnswer } from '../store.ts';
import type { Engine } from './engine.ts';
import type { OrderTransaction } from './order-transaction.ts';

/** Those of one order. */
export type AwaitedOfOrder<View extends SystemView> = ReadonlySet<AwaitedAnswer<View>>;

/** What ended a wait, and what the keys of those who waited are answered from then on. */
export interface EndedWait<View extends SystemView> {
  readonly view: View;
  readonly amended: readonly AmendedAnswer[];
}

export class AwaitedAnswers<View extends SystemView> {
  readonly #awaited = new Map<string, Set<AwaitedAnswer<View>>>();

  /** From now on a commit that ends the wait stores the answer, until the returned function is called. */
  add(orderId: string, answer: AwaitedAnswer<View>): () => void {
    const ofOrder = this.#awaited.get(orderId) ?? new Set();
    this.#awaited.set(orderId, ofOrder.add(answer));
    return () => {
      ofOrder.delete(answer);
      if (ofOrder.size === 0 && this.#awaited.get(orderId) === ofOrder) this.#awaited.delete(orderId);
    };
  }

  get(orderId: string): AwaitedOfOrder<View> | undefined {
    return this.#awaited.get(orderId);
  }
}

/** The end of the wait for an order, if its commit is that. */
export const toEndedWait = <View extends SystemView>(
  { application }: Engine<View>,
  awaited: AwaitedOfOrder<View> | undefined,
  transaction: OrderTransaction<View>,
): EndedWait<View> | undefined => {
  if (awaited === undefined || !endsWait(application, transaction.state)) return undefined;
  const view = transaction.view();
  const { version } = view;
  const amended = [...awaited].map(({ scope, key, respond }) => ({ scope, key, ...respond(view), version }));
  return { view, amended };
};
