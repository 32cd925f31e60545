// Moving stored orders to another chart version, a page at a time, or saying first what that would do. The same route is on
// the public API and on the local socket. It keeps nothing between pages: the caller has the cursor.
import { z } from 'zod';
import type { Caller } from '../access.ts';
import {
  type MigratePage,
  type MigrationPage,
  type MigrationPageRequest,
  migrationPage as page,
  pageSizes,
} from '../migration.ts';
import type { Api } from './edge/dependencies.ts';
import { identifier, line, newIdentifier, text, time } from './edge/inputs.ts';
import { json, problems } from './edge/responses.ts';

const version = line(100);

const migrating = z
  .strictObject({
    to: version.describe('the chart version to move to'),
    why: text.default('moved to another chart version').describe('recorded with each order'),
    who: newIdentifier.default('operator').describe('recorded with each order'),
    dryRun: z.boolean().default(false).describe('rehearse: say what would happen, and store nothing'),
    back: z
      .boolean()
      .default(false)
      .describe('undo the last migration of orders to which nothing has happened since'),
    filter: z
      .strictObject({
        state: line(100).exactOptional().describe("the order chart's top-level state"),
        customerId: identifier.exactOptional(),
        createdBefore: time.exactOptional().describe('placed earlier'),
        from: z
          .array(version)
          .min(1)
          .max(100)
          .exactOptional()
          .describe('only orders on these versions; left out: on every version but `to`'),
      })
      .default({}),
    after: identifier.exactOptional().describe('the `next` of the page before'),
    limit: z
      .int()
      .min(1)
      .max(pageSizes.most)
      .default(pageSizes.usual)
      .describe(`orders on the page; ${pageSizes.usual} if it is left out`),
  })
  .meta({
    examples: [
      { to: '2', dryRun: true, filter: { state: 'paying' } },
      { to: '2', why: 'release 0.2.0', who: 'ada', limit: 100 },
    ],
  });

const migrated = page.extend({
  summary: z.array(z.string()).describe('what happened, or would happen, to each group, in words'),
});

const words = {
  moves: ['moved', 'would move'],
  'moves-with-changes': [
    'moved, and what they wait for changed',
    'would move, and what they wait for would change',
  ],
  'needs-rule': ['not moved: a rule is needed', 'would not move: a rule is needed'],
  stuck: ['not moved: they would be stuck', 'would be stuck'],
  unreadable: ['not moved: they cannot be read', 'cannot be read'],
  'already-there': ['there already', 'there already'],
  'not-moved': [
    'left alone: they were never moved from there',
    'would be left alone: they were never moved from there',
  ],
} as const;

const toSummary = ({ groups }: MigrationPage, dryRun: boolean): string[] =>
  groups.map(({ count, from, state, outcome, reasons }) => {
    const [first, ...more] = reasons;
    const why = first === undefined ? '' : ` (${first}${more.length > 0 ? '; …' : ''})`;
    const who = `${count} ${count === 1 ? 'order' : 'orders'} on version ${from} in ${state}`;
    return `${who}: ${words[outcome][dryRun ? 1 : 0]}${why}`;
  });

/** @param caller undefined on the local socket, where the command says who asks */
const toRequest = (
  { filter, ...request }: z.output<typeof migrating>,
  caller: Caller | undefined,
): MigrationPageRequest => {
  const principal = caller?.principal;
  const { customerId, ...rest } = filter;
  const asked = principal === undefined ? request : { ...request, principal, who: principal };
  return { ...asked, filter: { ...rest, ...(customerId !== undefined && { owner: customerId }) } };
};

export const addMigrations = (api: Api, migratePage: MigratePage): void => {
  api.post(
    '/migrations',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'migrateOrders',
        summary: 'Moves a page of stored orders to another chart version, or rehearses it',
        description:
          'Newest orders first. Repeat it with `after` set to `next` until that is null. Orders that are on the version already are not touched, so a page can be repeated, and a migration that was stopped can begin again.',
        tags: ['operations'],
        body: migrating,
        response: {
          200: json('What became of the orders, by version and state', migrated),
          ...problems('body-too-large', 'unsupported-media-type', 'overloaded', 'store-unavailable'),
        },
      },
    },
    async ({ body, caller }) => {
      const answer = await migratePage(toRequest(body, caller));
      return { ...answer, summary: toSummary(answer, body.dryRun) };
    },
  );
};
