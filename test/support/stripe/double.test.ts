// The provider's double has idempotency keys as the provider has them, and remembers over restarts: what the other tests
// build on.
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder } from '../../e2e/server.ts';
import { openStripeDouble, type StripeDouble, secretKey } from './open-double.ts';

const openFolder = async (): Promise<string> => {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  return folder.path;
};
const create = async (double: StripeDouble, key: string, amount = 500) => {
  const response = await fetch(`${double.url}/v1/payment_intents`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'idempotency-key': key },
    body: `amount=${amount}&currency=usd`,
  });
  const isReplayed = response.headers.get('idempotent-replayed') === 'true';
  return { status: response.status, body: JSON.parse(await response.text()), isReplayed };
};

test('the same key and parameters get the stored answer, also a stored 500, and other parameters an error', async () => {
  const double = await openStripeDouble(await openFolder());
  onTestFinished(double.close);
  const first = await create(double, 'a');
  expect(await create(double, 'a')).toEqual({ ...first, isReplayed: true });
  expect(await create(double, 'a', 501)).toMatchObject({
    status: 400,
    body: { error: { type: 'idempotency_error' } },
  });
  await double.setFaults([{ times: 1, fault: { kind: 'error', effect: false } }]);
  expect(await create(double, 'b')).toMatchObject({ status: 500, isReplayed: false });
  expect(await create(double, 'b')).toMatchObject({ status: 500, isReplayed: true });
  await double.forgetKeys();
  expect(await create(double, 'b')).toMatchObject({ status: 200, isReplayed: false });
});

test('a second request under a key whose first one runs gets 409', async () => {
  const double = await openStripeDouble(await openFolder());
  onTestFinished(double.close);
  await double.setFaults([{ times: 1, fault: { kind: 'slow', ms: 500 } }]);
  const answers = await Promise.all([create(double, 'a'), create(double, 'a')]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test('a restart finds objects and keys in the ledger', async () => {
  const folder = await openFolder();
  const before = await openStripeDouble(folder);
  const first = await create(before, 'a');
  await before.close();
  const after = await openStripeDouble(folder);
  onTestFinished(after.close);
  expect(await create(after, 'a')).toEqual({ ...first, isReplayed: true });
  expect((await after.ledger()).intents).toHaveLength(1);
});
