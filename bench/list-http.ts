// Asks for the first page of `GET /orders` with every filter that there is, and some together, and for later
// pages, one request at a time, and says how long the slowest filter's answers take.
import { percentile, type RawFigures } from './figures.ts';
import { openConnection } from './http-client.ts';
import type { TaskOf } from './tasks.ts';

const queries = [
  '',
  'state=completed',
  'state=failed',
  'state=paying',
  'settled=true',
  'settled=false',
  'incident=true',
  'incident=false',
  'customerId=customer-123',
  'customerId=nobody',
  'createdFrom=2026-01-01T00:00:00Z',
  'createdBefore=2026-01-01T00:00:00Z',
  'state=failed&customerId=customer-123',
  'state=paying&customerId=customer-123',
  'settled=false&customerId=customer-123',
  'settled=true&state=failed&incident=false',
  'customerId=customer-123&createdBefore=2025-01-01T00:00:00Z',
  'settled=true&state=paying',
  'incident=true&settled=true&customerId=nobody',
] as const;
const warmUps = 10;

export const list = async ({ port, times }: TaskOf<'list'>): Promise<RawFigures> => {
  const connection = openConnection(port);
  const figures: Record<string, number> = {};
  const ask = async (query: string): Promise<string> => {
    const { status, body } = await connection.ask('GET', `/orders?${query}`);
    if (status !== 200) throw new Error(`GET /orders?${query} was answered ${status}: ${body}`);
    return body;
  };
  // A service that has answered nothing yet is not compiled yet.
  for (let time = 0; time < warmUps; time += 1) for (const query of queries) await ask(query);
  for (const query of queries) {
    const took: number[] = [];
    const first = await ask(query);
    const next = /"next":"([^"]+)"\}$/.exec(first)?.[1];
    const pages = next === undefined ? [query] : [query, `${query}&after=${next}`];
    for (let time = 0; time < times; time += 1) {
      for (const page of pages) {
        const startedAt = performance.now();
        await ask(page.replace(/^&/, ''));
        took.push(performance.now() - startedAt);
      }
    }
    figures[query] = percentile(took, 0.99);
  }
  connection.close();
  return { ...figures, slowest: Math.max(...Object.values(figures)) };
};
