// Each index is paid for by a query: docs/store.md names all of them, with the query that SQLite answers by each.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { useFile } from './sqlite-file.ts';

const { query, withStore } = useFile();

const page = readFileSync(new URL('../../docs/store.md', import.meta.url), 'utf8');
const documented = [...page.matchAll(/^\| `(\w+)` \| [^|]+ \| `(SELECT [^`]+)` \|$/gm)].map(
  ([, name, sql]) => ({
    name: name ?? '',
    sql: sql ?? '',
  }),
);

it('every index is documented with a query that uses it', async () => {
  await withStore(async () => {});
  const plans = documented.map(({ name, sql }) => ({
    name,
    plan: query(`EXPLAIN QUERY PLAN ${sql}`).map((row) => String(Object(row).detail)),
  }));
  for (const { name, plan } of plans) {
    expect(plan).toContainEqual(expect.stringMatching(new RegExp(`INDEX ${name}\\b`)));
  }
  const indexes = query(
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
  );
  expect(documented.map(({ name }) => ({ name })).toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
    indexes,
  );
});
