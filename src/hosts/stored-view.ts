// The application's view of a stored order, also of one that cannot be read. It asks no store and changes nothing.
import { AppError } from '../errors.ts';
import { fromStored } from '../step/snapshot.ts';
import { type SystemView, toStoppedView, toSystemView, toUnreadableSystemView } from '../step/view.ts';
import type { StoredOrder } from '../store.ts';
import type { Engine } from './engine.ts';

export const viewStored = <View extends SystemView>(
  { application, system }: Pick<Engine<View>, 'application' | 'system'>,
  order: StoredOrder,
): View => {
  const { orderId, system: stored, unreadable } = order;
  try {
    const state = fromStored(system, stored);
    const view = application.toView(toSystemView(application, orderId, state), state);
    return unreadable === undefined ? view : toStoppedView(view, application.mainActor, unreadable);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const base = toUnreadableSystemView(application, order, error.message);
    return application.toUnreadableView(base);
  }
};
