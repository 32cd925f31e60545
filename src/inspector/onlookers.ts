// Several onlookers as one, of whom only those are told that look.
import type { Onlooker } from '../host.ts';

export const joinOnlookers = (onlookers: readonly Onlooker[]): Onlooker => ({
  isLooking: () => onlookers.some((each) => each.isLooking()),
  note: (change) => {
    for (const each of onlookers) if (each.isLooking()) each.note(change);
  },
});
