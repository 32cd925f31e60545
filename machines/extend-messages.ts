// The messages of an application that extends the shop: those of the shop, and more. Messages about incidents know the added
// actors too.
import { z } from 'zod';
import type { Declarations } from './catalogue.ts';
import { messages } from './messages.ts';
import { actorNames, declareBetween } from './payloads.ts';

/** How added messages are declared: by who sends them, who receives them, and the fields that they carry. */
export const { command, event, ask } = declareBetween<string>();

/** The shop's messages and `added` ones. `actors` are those that are added to the shop's. */
export const extendMessages = <const Actor extends string, const Added extends Declarations>(
  actors: readonly Actor[],
  added: Added,
) => {
  const names = [...actorNames, ...actors] as const;
  const named = { actor: z.enum(names) };
  const ofIncidents = {
    'incident.retry': { ...messages['incident.retry'], to: names },
    'incident.resolve': { ...messages['incident.resolve'], to: names },
    'incident.opened': {
      ...messages['incident.opened'],
      from: names,
      payload: messages['incident.opened'].payload.extend(named),
    },
    'incident.closed': {
      ...messages['incident.closed'],
      from: names,
      payload: messages['incident.closed'].payload.extend(named),
    },
  };
  return { ...messages, ...ofIncidents, ...added };
};
