// A simulated gateway on a ledger of its own, and the commands that its tests send. It exists so that the
// tests of its money and of its ledger file say only what they are about.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AnyEventObject } from 'xstate';
import { createSimulatedGateway } from '../../src/services/gateway-simulated.ts';
import type { CommandTo } from '../../src/shop/services.ts';
import { askOutside, toCall } from '../contracts/service.ts';
import { createFakeClock } from '../fake-clock.ts';

type Command<T extends CommandTo<'gateway'>['type']> = Extract<CommandTo<'gateway'>, { type: T }>;

const money = { amount: 17500, currency: 'USD' };
export const chargeKey = 'order-1/charge/1';
/** What `chargeKey` makes: nothing but the key decides it. */
export const transactionId = 'txn_f5f76b2d47ee7be17f7cef5e';

export const charge = (rest: Partial<Command<'gateway.charge'>> = {}): Command<'gateway.charge'> => ({
  type: 'gateway.charge',
  key: chargeKey,
  attempt: 1,
  ...money,
  method: 'card',
  capture: 'at-once',
  ...rest,
});
export const authorize = charge({ capture: 'later' });
export const lookUp = (key = chargeKey): Command<'gateway.look-up'> => ({
  type: 'gateway.look-up',
  key,
  attempt: 9,
});
export const capture = (rest: Partial<Command<'gateway.capture'>> = {}): Command<'gateway.capture'> => ({
  type: 'gateway.capture',
  key: 'order-1/capture/1',
  attempt: 1,
  ...money,
  transactionId,
  ...rest,
});
export const cancel = (rest: Partial<Command<'gateway.void'>> = {}): Command<'gateway.void'> => ({
  type: 'gateway.void',
  key: 'order-1/void/1',
  attempt: 1,
  transactionId,
  ...rest,
});
export const refund = (rest: Partial<Command<'gateway.refund'>> = {}): Command<'gateway.refund'> => ({
  type: 'gateway.refund',
  key: 'order-1/refund/rest',
  attempt: 1,
  ...money,
  transactionId,
  ...rest,
});

type Simulation = Parameters<typeof createSimulatedGateway>[0];

export const openGateway = async (rest: Partial<Simulation> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const clock = createFakeClock();
  const ledgerPath = rest.ledgerPath ?? join(folder, 'new/gateway.jsonl');
  /** Starts one more gateway on the same ledger, as after a crash. */
  const start = async (changed: Partial<Simulation> = {}) => {
    const rates = { declineRate: 0, timeoutRate: 0, errorRate: 0 };
    const simulation = { ledgerPath, seed: 'seed', delayMs: 0, ...rates, clock, ...rest, ...changed };
    const gateway = await createSimulatedGateway(simulation);
    // A test that breaks the disk has seen it fail; closing says so once more.
    onTestFinished(() => gateway.close?.().catch(() => undefined));
    const ask = askOutside(gateway, clock);
    const send = (command: CommandTo<'gateway'>, orderId = 'order-1'): Promise<AnyEventObject> =>
      ask(toCall('gateway', command, { orderId }));
    return { gateway, ask, send };
  };
  const lines = async (): Promise<unknown[]> =>
    (await readFile(ledgerPath, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return { clock, ledgerPath, start, lines, ...(await start()) };
};
