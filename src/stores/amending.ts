// Answers of idempotency keys that are replaced: those that come while one waits for its turn share its batch.
import { type AmendedAnswer, type Needs, StaleBatch } from '../store.ts';
import type { Batches } from './batch.ts';

export const nothingNeeded: Needs = { orders: new Map(), received: [], keys: [], rows: [] };
const noRows = { changed: [], appended: [] };
const noLease = { owner: '', until: 0 };

/** Resolves when the answer is durable. */
export const createAmending = ({ open }: Pick<Batches, 'open'>) => {
  let next: { readonly answers: AmendedAnswer[]; readonly durable: Promise<void> } | undefined;

  const write = async (amended: readonly AmendedAnswer[], close: () => void): Promise<void> => {
    const batch = await open(nothingNeeded);
    close();
    try {
      await batch.write({ orders: [], rows: noRows, amended, lease: noLease });
    } catch (error) {
      if (!(error instanceof StaleBatch)) throw error;
      await write(amended, () => {});
    }
  };

  return (answer: AmendedAnswer): Promise<void> => {
    if (next === undefined) {
      const answers: AmendedAnswer[] = [];
      const durable = write(answers, () => {
        next = undefined;
      });
      next = { answers, durable };
    }
    next.answers.push(answer);
    return next.durable;
  };
};
