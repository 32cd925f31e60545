// All hostile cases, by group, in the order in which they run: for the command and for the tests. Floods come last, because
// they use up what an address may do.
import { addresses } from './cases/addresses.ts';
import { bodies } from './cases/bodies.ts';
import { floods } from './cases/floods.ts';
import { framing } from './cases/framing.ts';
import { keys } from './cases/keys.ts';
import { ownOrders } from './cases/orders.ts';
import { owners } from './cases/owners.ts';
import { pages } from './cases/pages.ts';
import { sessions } from './cases/sessions.ts';
import { sockets } from './cases/sockets.ts';
import type { Group } from './hostile-case.ts';

export const groups: readonly Group[] = [
  { name: 'pages of other sites, names and proxies', cases: pages },
  { name: 'keys and scopes', cases: keys },
  { name: 'sessions and sign-in', cases: sessions },
  { name: 'orders of others, and fields that nobody may set', cases: owners },
  { name: 'cards, prices and references of orders', cases: ownOrders },
  { name: 'bodies', cases: bodies },
  { name: 'addresses, methods, ranges and cursors', cases: addresses },
  { name: 'WebSockets', cases: sockets },
  { name: 'framing, broken requests and slow clients', cases: framing },
  { name: 'floods', cases: floods },
];
