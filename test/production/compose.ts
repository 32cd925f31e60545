// What docs/production.md says of several nodes, read from the page as it is written: the SQL for the database's user, and the
// environment that the compose file gives to each node and to the database. It starts nothing.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { findBlocks } from '../page-examples.ts';

const environment = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const composeSchema = z.object({
  services: z.record(z.string(), z.object({ image: z.string(), environment: environment.default({}) })),
});

export interface NodeSet {
  /** The statements of the page, as they are. */
  readonly sql: string;
  /** The database that the server's image makes. */
  readonly database: string;
  /** Each node's, by its name. */
  readonly nodes: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** `secrets` are what `.env` would have. @throws Error where the page uses one that is not there. */
export const readNodeSet = async (secrets: Readonly<Record<string, string>>): Promise<NodeSet> => {
  const root = resolve(import.meta.dirname, '../..');
  const blocks = findBlocks(await readFile(join(root, 'docs/production.md'), 'utf8'));
  const find = (opening: string): string => {
    const found = blocks.filter(({ text }) => text.startsWith(`${opening}\n`));
    if (found.length !== 1 || found[0] === undefined) throw new Error(`not one block begins with ${opening}`);
    return found[0].text;
  };
  const compose = find('# compose.yaml').replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const secret = secrets[name];
    if (secret === undefined) throw new Error(`the compose file needs ${name}`);
    return secret;
  });
  const { services } = composeSchema.parse(parse(compose, { merge: true }));
  const nodes = Object.entries(services).filter(([, { image }]) => image === 'orderchart');
  return {
    sql: find('-- database.sql'),
    database: services['database']?.environment['POSTGRES_DB'] ?? '',
    nodes: new Map(nodes.map(([name, service]) => [name, service.environment])),
  };
};
