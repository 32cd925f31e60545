// What a host knows of a service's holds, beside what is stored of them by all nodes. Pure.
import type { ServiceHold } from '../service-holds.ts';

/** A hold ends where the next one begins, also if a crash came before that was stored: an open one postpones deadlines. */
export const endReplaced = (holds: readonly ServiceHold[]): readonly ServiceHold[] =>
  holds.map((hold, index) => {
    const next = holds[index + 1];
    if (next === undefined || hold.endedAt !== null) return hold;
    return { ...hold, resumedAt: hold.resumedAt ?? next.since, endedAt: next.since };
  });

/** The same hold as it is here and as it is stored: what another node made of it counts, unless it has gone on here. */
export const toNewer = (here: ServiceHold | undefined, stored: ServiceHold): ServiceHold => {
  if (here === undefined || here.endedAt !== null) return here ?? stored;
  if (stored.endedAt !== null) return stored;
  const isBehind = here.resumedAt !== null && stored.resumedAt === null;
  return here.kind === 'circuit' || isBehind ? here : stored;
};

export const isElsewhere = ({ elsewhere }: ServiceHold): boolean => elsewhere === true;
