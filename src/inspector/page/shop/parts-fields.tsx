// Shop: how much a capture or a refund is about: everything, an amount, or products, of which some may go back into stock.
import { useState } from 'react';
import { formatMoney } from '../../../../machines/money.ts';
import type { MoveParts } from '../../../display.ts';
import { partFields, toPrice } from './read-parts.ts';

const Lines = ({ parts }: { parts: MoveParts }) => {
  const [quantities, setQuantities] = useState<Readonly<Record<string, number>>>({});
  const { lines, currency } = parts;
  const price = toPrice(parts, ({ productId }) => quantities[productId] ?? 0);
  return (
    <div className="part-lines">
      {lines.map((line) => (
        <div key={line.productId} className="part-line">
          <label>
            <span>
              {line.name}{' '}
              <span className="quiet">
                {formatMoney(line.unitPrice, currency)} each, {line.quantity} left
              </span>
            </span>
            <input
              type="number"
              name={partFields.quantity(line)}
              min={0}
              max={line.quantity}
              step={1}
              defaultValue={0}
              onChange={({ currentTarget: { valueAsNumber } }) =>
                setQuantities((known) => ({ ...known, [line.productId]: valueAsNumber || 0 }))
              }
            />
          </label>
          <label className="check">
            <input
              type="checkbox"
              name={partFields.restock(line)}
              aria-label={`${line.name}: back into stock`}
            />
            back into stock
          </label>
        </div>
      ))}
      <output>
        Together <b>{formatMoney(price, currency)}</b>
      </output>
    </div>
  );
};

/** The fields are named in `partFields`. */
export const PartsFields = ({ parts }: { parts: MoveParts }) => {
  const [kind, setKind] = useState('all');
  const { currency, upTo, lines } = parts;
  const kinds = [
    ['all', `Everything: ${formatMoney(upTo, currency)}`],
    ['amount', 'An amount'],
    ...(lines.length === 0 ? [] : [['lines', 'By product']]),
  ];
  return (
    <fieldset className="parts">
      <legend className="hidden">How much</legend>
      {kinds.map(([value, text]) => (
        <label key={value} className="check">
          <input
            type="radio"
            name={partFields.kind}
            value={value}
            checked={kind === value}
            onChange={({ currentTarget }) => setKind(currentTarget.value)}
          />
          {text}
        </label>
      ))}
      {kind === 'amount' && (
        <label>
          Amount in {currency}, at most {formatMoney(upTo, currency)}
          <input name={partFields.amount} required inputMode="decimal" autoComplete="off" />
        </label>
      )}
      {kind === 'lines' && <Lines parts={parts} />}
    </fieldset>
  );
};
