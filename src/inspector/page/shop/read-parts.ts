// Shop: what the form of a capture or refund asks for, as a part of its request: an amount, products, or everything. The
// service decides whether that is possible.
import { formatMoney, readMoney } from '../../../../machines/money.ts';
import type { MoveParts } from '../../../display.ts';
import type { ReadParts } from '../extension.ts';

type Line = MoveParts['lines'][number];

/** The names of the form's fields; those of a line end with its product's id. */
export const partFields = {
  kind: 'part',
  amount: 'part-amount',
  quantity: ({ productId }: Line) => `part-quantity-${productId}`,
  restock: ({ productId }: Line) => `part-restock-${productId}`,
} as const;

/** What the chosen quantities cost, up to what is left, in minor units. */
export const toPrice = ({ lines, upTo }: MoveParts, quantityOf: (line: Line) => number): number =>
  Math.min(
    upTo,
    lines.reduce((sum, line) => sum + line.unitPrice * quantityOf(line), 0),
  );

const wrong = (problem: string) => ({ body: {}, problem });

const readAmount = (text: string, { currency, upTo }: MoveParts): ReturnType<ReadParts> => {
  const amount = readMoney(text, currency);
  if (amount === undefined || amount === 0)
    return wrong(`Write the amount as a number, such as ${formatMoney(upTo, currency).split(' ')[0]}.`);
  if (amount > upTo) return wrong(`At most ${formatMoney(upTo, currency)} is possible.`);
  return { body: { amount } };
};

const readLines = (form: Pick<FormData, 'get'>, { lines }: MoveParts): ReturnType<ReadParts> => {
  const chosen = lines.flatMap((line) => {
    const quantity = Number(form.get(partFields.quantity(line)));
    const restock = form.get(partFields.restock(line)) !== null;
    return quantity > 0 ? [{ productId: line.productId, quantity, restock }] : [];
  });
  return chosen.length === 0 ? wrong('Choose how many of which product.') : { body: { lines: chosen } };
};

export const readParts: ReadParts = (form, parts) => {
  const kind = form.get(partFields.kind);
  if (kind === 'amount') return readAmount(String(form.get(partFields.amount) ?? ''), parts);
  return kind === 'lines' ? readLines(form, parts) : { body: {} };
};
