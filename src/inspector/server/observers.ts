// Several observers as one; a change is passed to those that are observing.
import type { CommitObserver } from '../../host.ts';

export const joinObservers = (observers: readonly CommitObserver[]): CommitObserver => ({
  isObserving: () => observers.some((each) => each.isObserving()),
  note: (change) => {
    for (const each of observers) if (each.isObserving()) each.note(change);
  },
  noteElsewhere: (orderIds) => {
    for (const each of observers) each.noteElsewhere?.(orderIds);
  },
});
