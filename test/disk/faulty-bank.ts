// The bank of a shop on a simulated disk: the simulator's, outside of the machine whose power is cut, with habits that an
// order's id decides: `declined`, `lost` (it charges and does not answer), `flaky` (its first attempt fails). It never
// looks into a store.
import type { LedgerEntry } from '../../src/shop/audit/gateway-ledger.ts';
import type { ReplyFrom, ShopCall } from '../../src/shop/services.ts';
import { type Bank, createBank } from '../../src/simulator/shop/bank.ts';
import { never } from '../hosts/harness.ts';

type Reply = ReplyFrom<'gateway'>;

export interface FaultyBank extends Pick<Bank, 'ledger' | 'lines'> {
  /** @param now ms since 1970 */
  answer(call: ShopCall<'gateway'>, now: number): Promise<Reply> | Reply;
  /** A copy of the bank as it is at this moment, which declines and otherwise has no more faults. */
  recovered(): FaultyBank;
}

export const createFaultyBank = (lines: readonly LedgerEntry[] = [], hasFaults = true): FaultyBank => {
  let time = 0;
  const bank = createBank({
    now: () => time,
    isDeclined: (_, orderId) => orderId.startsWith('declined'),
    lines,
  });
  return {
    answer: (call, now) => {
      time = now;
      const { command, orderId } = call;
      const isCharge = command.type === 'gateway.charge';
      const isFlaky = orderId.startsWith('flaky') && command.type !== 'gateway.look-up';
      if (hasFaults && isFlaky && command.attempt === 1 && !bank.knows(command.key)) {
        return { type: 'gateway.failed', reason: 'technical-failure' };
      }
      const reply = bank.act(command, orderId);
      return hasFaults && isCharge && orderId.startsWith('lost') ? never(call) : reply;
    },
    ledger: bank.ledger,
    lines: bank.lines,
    recovered: () => createFaultyBank(bank.lines, false),
  };
};
