// What a gateway did, or declined to do, as an audit compares it with the journal: the entries of its own ledger.
import { z } from 'zod';

/** What a gateway can have done under a key. */
export const ledgerResults = ['charged', 'authorized', 'captured', 'voided', 'refunded', 'declined'] as const;

export const ledgerEntrySchema = z.object({
  /** Where it is in the ledger, from 1. */
  line: z.number(),
  /** ms since 1970, by the gateway's clock. */
  at: z.number(),
  key: z.string(),
  orderId: z.string(),
  /** Minor units. */
  amount: z.number(),
  currency: z.string(),
  result: z.enum(ledgerResults),
  transactionId: z.string().nullable(),
});
export type LedgerEntry = Readonly<z.infer<typeof ledgerEntrySchema>>;

export interface GatewayLedger {
  /** By order id, as `compareIds` sorts them, and by line. */
  entries(): Iterable<LedgerEntry>;
}
