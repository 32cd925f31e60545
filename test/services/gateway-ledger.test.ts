// What the simulated gateway's ledger file holds, and what it survives (src/services/gateway-ledger.ts).
import { appendFile, open, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { toCall } from '../contracts/service.ts';
import {
  authorize,
  cancel,
  capture,
  charge,
  chargeKey,
  lookUp,
  openGateway,
  refund,
  transactionId,
} from './simulated-gateway.ts';

/** The methods that every file handle shares, so that a test can watch them or make them fail. */
const fileMethods = async (path: string): Promise<{ datasync(): Promise<void> }> => {
  await using file = await open(path);
  return Object.getPrototypeOf(file);
};

describe('the ledger', () => {
  it('has one line with exactly these fields for each operation that took effect', async () => {
    const { send, clock, ledgerPath } = await openGateway();
    await send(charge());
    await clock.advance(1500);
    await send(refund({ amount: 500 }));
    const before = `"orderId":"order-1","operation"`;
    expect(await readFile(ledgerPath, 'utf8')).toBe(
      [
        `{"at":"2026-01-01T00:00:00.000Z","key":"${chargeKey}",${before}:"charge","amount":17500,"currency":"USD","result":"charged","transactionId":"${transactionId}"}\n`,
        `{"at":"2026-01-01T00:00:01.500Z","key":"order-1/refund/rest",${before}:"refund","amount":500,"currency":"USD","result":"refunded","transactionId":"${transactionId}"}\n`,
      ].join(''),
    );
  });

  it('names authorisations, captures and voids as such', async () => {
    const { send, lines } = await openGateway();
    await send(authorize);
    await send(capture({ amount: 10_000 }));
    await send(charge({ capture: 'later', key: 'second' }), 'order-2');
    const second = await send(lookUp('second'));
    const voided = String(second['transactionId']);
    await send(cancel({ transactionId: voided }), 'order-2');
    expect(await lines()).toMatchObject([
      { operation: 'authorize', result: 'authorized', amount: 17500, transactionId },
      { operation: 'capture', result: 'captured', amount: 10_000, transactionId },
      { operation: 'authorize', result: 'authorized', orderId: 'order-2', transactionId: voided },
      { operation: 'void', result: 'voided', amount: 17500, orderId: 'order-2', transactionId: voided },
    ]);
  });

  it('has a line without a transaction for a declined charge', async () => {
    const { send, lines } = await openGateway({ declineRate: 1 });
    expect(await send(charge())).toMatchObject({ type: 'gateway.declined', code: 'card-declined' });
    expect(await lines()).toMatchObject([{ operation: 'charge', result: 'declined', transactionId: null }]);
  });
});

describe('a restarted gateway', () => {
  it('remembers every key: nothing is charged, captured or refunded twice', async () => {
    const { send, start, lines } = await openGateway();
    const commands = [authorize, capture(), refund({ amount: 500 })];
    const replies = [];
    for (const command of commands) replies.push(await send(command));
    const restarted = await start();
    for (const [place, command] of commands.entries()) {
      expect(await restarted.send(command)).toEqual(replies[place]);
    }
    expect(await lines()).toHaveLength(3);
  });

  it('remembers what is left of a charge, and that another was declined', async () => {
    const { send, start } = await openGateway();
    await send(charge());
    await send(refund({ key: 'a', amount: 17000 }));
    const restarted = await start({ declineRate: 1 });
    expect((await restarted.send(refund({ key: 'b', amount: 501 }))).type).toBe('gateway.refused');
    expect((await restarted.send(charge({ key: 'other' }))).type).toBe('gateway.declined');
    const generous = await start();
    expect((await generous.send(charge({ key: 'other' }))).type).toBe('gateway.declined');
    expect((await generous.send(refund({ key: 'b', amount: 500 }))).type).toBe('gateway.refunded');
  });

  it('cuts off a line that a crash has torn, and goes on behind the last whole one', async () => {
    const { send, start, ledgerPath, lines } = await openGateway();
    await send(charge());
    const whole = await readFile(ledgerPath, 'utf8');
    for (const torn of [
      '{"at":"2026-01-',
      whole.slice(0, -1).replace(chargeKey, 'ü'),
      '\u0000\u0000',
      '{"at":"ü'.slice(0, 8),
    ]) {
      await writeFile(ledgerPath, whole + torn);
      const restarted = await start();
      expect(await readFile(ledgerPath, 'utf8')).toBe(whole);
      expect((await restarted.send(lookUp('ü'))).type).toBe('gateway.absent');
    }
    const { send: sendAgain } = await start();
    await sendAgain(charge({ key: 'next' }));
    expect(await lines()).toHaveLength(2);
  });

  it.each([
    ['no JSON', '{"at":\n'],
    ['an empty line', '\n'],
    ['a foreign field', '{"at":"2026-01-01T00:00:00.000Z","key":"k","card":"4242"}\n'],
    [
      'a result that its operation cannot have',
      `{"at":"2026-01-01T00:00:00.000Z","key":"k","orderId":"o","operation":"void","amount":1,"currency":"USD","result":"charged","transactionId":"t"}\n`,
    ],
  ])(
    'refuses a ledger with %s in the middle, by line number, and changes nothing',
    async (_what, corrupt) => {
      const { send, start, ledgerPath } = await openGateway();
      await send(charge());
      await appendFile(ledgerPath, corrupt);
      await send(charge({ key: 'next' }));
      await appendFile(ledgerPath, 'torn');
      const before = await readFile(ledgerPath, 'utf8');
      await expect(start()).rejects.toMatchObject({
        code: 'invalid-setting',
        message: expect.stringContaining(
          `PAYMENT_LEDGER=${ledgerPath} is not usable: line 2 is not a ledger entry`,
        ),
      });
      expect(await readFile(ledgerPath, 'utf8')).toBe(before);
    },
  );
});

describe('the disk', () => {
  it('is synced once for many operations at the same time', async () => {
    const { send, ledgerPath, lines } = await openGateway();
    const datasync = vi.spyOn(await fileMethods(ledgerPath), 'datasync');
    onTestFinished(() => datasync.mockRestore());
    await Promise.all(Array.from({ length: 500 }, (_, n) => send(charge({ key: `order-${n}` }))));
    expect(datasync.mock.calls.length).toBeLessThan(5);
    expect(await lines()).toHaveLength(500);
  });

  it('holds the line before anyone is answered, a repeated key included', async () => {
    const { send, gateway, ledgerPath } = await openGateway();
    const synced = Promise.withResolvers<void>();
    const datasync = vi.spyOn(await fileMethods(ledgerPath), 'datasync').mockReturnValue(synced.promise);
    onTestFinished(() => datasync.mockRestore());
    const answered = vi.fn();
    const replies = [charge(), charge(), lookUp()].map((command) => send(command).finally(answered));
    await vi.waitFor(() => expect(datasync).toHaveBeenCalled());
    expect(answered).not.toHaveBeenCalled();
    synced.resolve();
    expect((await Promise.all(replies)).map(({ type }) => type)).toEqual(Array(3).fill('gateway.charged'));
    await gateway.close?.();
  });

  it('that fails makes the outcome unknown, and stays failed until the next start', async () => {
    const { send, start, ledgerPath } = await openGateway();
    const datasync = vi.spyOn(await fileMethods(ledgerPath), 'datasync');
    onTestFinished(() => datasync.mockRestore());
    datasync.mockRejectedValueOnce(new Error('EIO'));
    expect(await send(charge())).toMatchObject({ type: 'gateway.unknown', reason: 'no-answer' });
    expect(await send(lookUp())).toMatchObject({ type: 'gateway.unknown' });
    expect(await send(charge({ key: 'next' }))).toMatchObject({ type: 'gateway.unknown' });
    const restarted = await start();
    expect(await restarted.send(lookUp())).toMatchObject({ type: 'gateway.charged' });
    expect(await restarted.send(lookUp('next'))).toMatchObject({ type: 'gateway.absent' });
  });

  it('holds everything that was asked before the gateway closes', async () => {
    const { gateway, lines } = await openGateway();
    const { signal } = new AbortController();
    const answers = ['a', 'b'].map((key) =>
      gateway.answer({ ...toCall('gateway', charge({ key })), signal }),
    );
    await gateway.close?.();
    expect(await lines()).toHaveLength(2);
    expect(await Promise.all(answers)).toMatchObject([
      { type: 'gateway.charged' },
      { type: 'gateway.charged' },
    ]);
  });

  it('has no line of a charge that is asked for after the gateway has closed', async () => {
    const { gateway, send, lines } = await openGateway();
    await gateway.close?.();
    expect(await send(charge())).toMatchObject({ type: 'gateway.unknown' });
    expect(await lines()).toEqual([]);
  });
});
