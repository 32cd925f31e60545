// What people write down about orders: kept beside them, so that nothing of an order changes. It knows no message.
import type { Clock } from '../clock.ts';
import { limits } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Store } from '../store.ts';

interface OrderNotesParts {
  readonly store: Pick<Store, 'load' | 'addNote' | 'notes'>;
  readonly clock: Pick<Clock, 'now'>;
}

export const createOrderNotes = ({ store, clock }: OrderNotesParts): Pick<Host, 'addNote' | 'notes'> => ({
  addNote: async (note) => {
    const { orderId } = note;
    if (!(await store.load([orderId])).has(orderId)) {
      throw new AppError('order-not-found', `There is no order ${orderId}.`);
    }
    if ((await store.notes([orderId])).length >= limits.notesOfOrder) {
      const text = `The order has ${limits.notesOfOrder} notes, the most that it may have.`;
      throw new AppError('too-many-notes', text);
    }
    const written = { ...note, at: clock.now() };
    await store.addNote(written);
    return written;
  },
  notes: (orderIds) => store.notes(orderIds),
});
