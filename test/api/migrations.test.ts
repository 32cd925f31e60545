// POST /migrations: a page of orders is moved or rehearsed, said in words; what callers can get wrong is a problem.
import { expect, test } from 'vitest';
import { newestVersion } from '../../machines/registry.ts';
import { createEdge, problemOf } from './edge.ts';

const json = { 'content-type': 'application/json' };

test('a rehearsal says in words what would happen to the orders that match, and stores nothing', async () => {
  const { post, add, stored } = await createEdge();
  await add('order-1');
  await add('order-2', 'customer-2');
  const before = await stored();
  const body = { to: '1', dryRun: true, filter: { customerId: 'customer-2', from: [newestVersion] } };
  const answer = await post('/migrations', body);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    ...{ next: null, orders: 1 },
    groups: [{ from: newestVersion, state: 'paying', count: 1, examples: ['order-2'] }],
    summary: [expect.stringMatching(/^1 order on version 2 in paying: would /)],
  });
  expect(await stored()).toEqual(before);
});

test('orders that are on the version already are not touched', async () => {
  const { post, add, runner } = await createEdge();
  await add('order-1');
  const before = await runner.received('order-1', 0, 100);
  const body = { to: newestVersion, filter: { from: [newestVersion] } };
  expect((await post('/migrations', body)).json()).toMatchObject({
    groups: [{ outcome: 'already-there', count: 1 }],
    summary: ['1 order on version 2 in paying: there already'],
  });
  expect((await post('/migrations', { to: newestVersion })).json()).toEqual({
    ...{ next: null, orders: 0, groups: [], summary: [] },
  });
  expect(await runner.received('order-1', 0, 100)).toEqual(before);
});

test('a page has as many orders as asked for, and says where the next one begins', async () => {
  const { post, add, clock } = await createEdge();
  for (const id of ['order-1', 'order-2', 'order-3']) {
    await add(id);
    await clock.advance(1);
  }
  const ask = { to: '1', dryRun: true, limit: 2 };
  expect((await post('/migrations', ask)).json()).toMatchObject({ orders: 2, next: 'order-2' });
  const next = await post('/migrations', { ...ask, after: 'order-2' });
  expect(next.json()).toMatchObject({ orders: 1, next: null });
});

test.each<[object, string]>([
  [{}, '/to'],
  [{ to: '' }, '/to'],
  [{ to: '1', limit: 1001 }, '/limit'],
  [{ to: '1', limit: 0 }, '/limit'],
  [{ to: '1', dryRun: 'yes' }, '/dryRun'],
  [{ to: '1', why: ' ' }, '/why'],
  [{ to: '1', filter: { createdBefore: 'yesterday' } }, '/filter/createdBefore'],
  [{ to: '1', filter: { from: [] } }, '/filter/from'],
  [{ to: '1', filter: { owner: 'ada' } }, '/filter/owner'],
])('%j is refused as a problem with its field', async (body, path) => {
  const { post, stored, add } = await createEdge();
  await add('order-1');
  const before = await stored();
  const answer = await post('/migrations', body);
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toEqual([path]);
  expect(await stored()).toEqual(before);
});

test('a version and a cursor that are not known are refused, with what is known', async () => {
  const { post } = await createEdge();
  expect((await post('/migrations', { to: '9' })).json()).toMatchObject({
    ...{ status: 400, detail: 'There is no chart version 9; there are 1, 2.' },
  });
  expect((await post('/migrations', { to: '1', after: 'ghost' })).json()).toMatchObject({
    ...{ status: 400, detail: 'There is no order ghost to continue after.' },
  });
  expect((await post('/migrations', '{', json)).statusCode).toBe(400);
});

test('the OpenAPI document has the route with examples that it accepts', async () => {
  const { get, post } = await createEdge();
  const { body } = await get('/openapi.json');
  const { requestBody } = JSON.parse(body).paths['/migrations'].post;
  const examples: { readonly value: object }[] = Object.values(
    requestBody.content['application/json'].examples,
  );
  expect(examples).toHaveLength(2);
  for (const { value } of examples) {
    expect((await post('/migrations', { ...value, to: newestVersion })).statusCode).toBe(200);
  }
});
