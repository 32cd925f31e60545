// Runs the doctor on the data of a stopped server: every invariant, with the gateway's ledger and the mail folder, as an
// operator would.
import { join } from 'node:path';
import { examineStore } from '../../src/main.ts';

export interface Examined {
  readonly orders: number;
  /** One line for each violation. */
  readonly violations: readonly string[];
}

/** Examines the data that a server keeps in `folder`. */
export const examineData = async (folder: string): Promise<Examined> => {
  const { orders, checks } = await examineStore({
    address: join(folder, 'data/orderchart.db'),
    gatewayLedger: join(folder, 'data/gateway.jsonl'),
    mailDirectory: join(folder, 'data/mail'),
    replay: true,
    onProgress: () => undefined,
  });
  const violations = checks.flatMap(({ invariant, findings }) =>
    findings.map(({ about, problem }) => `${invariant} ${about}: ${problem}`),
  );
  return { orders, violations };
};
