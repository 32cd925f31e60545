// What becomes of a reconciliation: an incident of the gateway for each difference, once. What a person has closed stays closed
// as long as it differs in the same way.
import type { Opening, OpeningResult } from '../../service-incidents.ts';
import type { Difference } from './compare.ts';
import type { Money } from './provider.ts';
import type { Reconciliation } from './reconcile.ts';

export interface ReconciliationReport extends Omit<Reconciliation, 'differences'> {
  readonly differences: readonly (Difference & { readonly incident: OpeningResult })[];
}

const toWords = (money: Money | null): string =>
  money === null ? 'nothing' : `${money.amount}-${money.currency.toLowerCase()}`;

const toOpening = ({ kind, orderId, object, ours, theirs, text }: Difference): Opening => ({
  ...{ service: 'gateway', reason: kind, text, once: true },
  key: `reconcile/${object}/${kind}/${toWords(ours)}/${toWords(theirs)}`,
  details: { orderId, object, ours, theirs },
});

export const openIncidents = async (
  { differences, ...rest }: Reconciliation,
  open: (opening: Opening) => Promise<OpeningResult>,
): Promise<ReconciliationReport> => {
  const opened: ReconciliationReport['differences'][number][] = [];
  for (const difference of differences) {
    opened.push({ ...difference, incident: await open(toOpening(difference)) });
  }
  return { ...rest, differences: opened };
};
