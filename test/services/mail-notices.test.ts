// What the shipped texts tell customers in each notice (src/services/mail-notices.ts), beside the confirmation and the failure.
import { describe, expect, it } from 'vitest';
import {
  cancellation,
  confirmation,
  orderId,
  paymentAction,
  toRefund,
  withName,
  write,
} from './smtp/notices.ts';

const adjusted: typeof confirmation = {
  ...confirmation,
  amount: 17_425,
  adjustments: [
    { kind: 'shipping', name: 'Shipping <b>', amount: 425 },
    { kind: 'discount', name: 'SUMMER\n\nTotal: 0', amount: -500 },
  ],
};

describe('amounts beside the products', () => {
  it('stand between the lines and the total, and a discount is negative', () => {
    const { text, html } = write(adjusted);
    expect(text).toContain(
      '- 1 × \u2068Gadget\u2069 at $75.00: $75.00\n\n\u2068Shipping <b>\u2069: $4.25\n\u2068SUMMER Total: 0\u2069: -$5.00\nTotal: $174.25\n',
    );
    expect(html).toContain('<p><bdi>Shipping &#60;b&#62;</bdi>: $4.25</p>');
    expect(write(adjusted, 'de').text).toContain(
      '\u2068SUMMER Total: 0\u2069: -5,00\u00a0$\nGesamtbetrag: 174,25\u00a0$',
    );
  });

  it.each([cancellation, paymentAction])('are also in the notice $notice', (command) => {
    const { text, html } = write({ ...command, amount: 17_425, adjustments: adjusted.adjustments ?? [] });
    expect(text).toContain(': -$5.00\nTotal: $174.25\n');
    expect(html).toContain(': -$5.00</p>\n<p>Total: $174.25</p>');
  });
});

describe('a cancellation', () => {
  it('says what is cancelled and what became of the money, and not what an operator noted', () => {
    const { subject, text, html } = write(cancellation);
    expect(subject).toBe(`Your order ${orderId} is cancelled`);
    expect(text).toContain('- 2 × \u2068Widget\u2069 at $50.00: $100.00\n');
    expect(text).toContain('what had been taken has been given back in full');
    expect(`${text}${html}`).not.toContain('fraud');
    expect(write(cancellation, 'de').text).toContain('Falls Sie das nicht veranlasst haben');
  });
});

describe('a refund', () => {
  it('names its amount and its lines as they were ordered, whatever the order’s total', () => {
    const { subject, text, html } = write(toRefund('refund-1', 4999));
    expect(subject).toBe(`A refund for your order ${orderId}`);
    expect(text).toContain(`We have given you $49.99 back for your order ${orderId}.`);
    expect(text).toContain('This refund is for:\n\n- 1 × \u2068Widget\u2069\n\nThe money goes back');
    expect(html).toContain('<li>1 × <bdi>Widget</bdi></li>');
    expect(`${text}${html}`).not.toContain('175.00');
    expect(write(toRefund('refund-1'), 'de').text).toContain(
      `Wir haben Ihnen 50,00\u00a0$ zu Ihrer Bestellung`,
    );
  });

  it('of an amount alone has no lines', () => {
    const { text, html } = write({ ...toRefund('rest'), refund: { refundId: 'rest', amount: 1, lines: [] } });
    expect(text).toContain('$0.01');
    expect(`${text}${html}`).not.toMatch(/is for|<ul>|Widget/);
  });

  it('escapes the name of its line, and shows the id of a product that was not ordered', () => {
    const lines = [
      { productId: 'product-1', quantity: 1, restock: false },
      { productId: '<ghost>', quantity: 1000, restock: false },
    ];
    const { html } = write({
      ...toRefund('r'),
      ...withName('<i>'),
      notice: 'refund',
      refund: { refundId: 'r', amount: 1, lines },
    });
    expect(html).toContain('<li>1 × <bdi>&#60;i&#62;</bdi></li>');
    expect(html).toContain('<li>1,000 × <bdi>&#60;ghost&#62;</bdi></li>');
  });
});

describe('a payment that the customer has to confirm', () => {
  const style = { paymentActionUrl: 'https://shop.example/pay?a=1&order={orderId}' };

  it('is told with the address where that is done, and that nothing is taken before', () => {
    const { subject, text, html } = write(paymentAction, 'en', style);
    expect(subject).toBe(`Please confirm the payment of your order ${orderId}`);
    expect(text).toContain('Until you have confirmed it, nothing is taken');
    expect(text).toContain(`Confirm the payment here:\nhttps://shop.example/pay?a=1&order=${orderId}\n`);
    expect(html).toContain(`<a href="https://shop.example/pay?a=1&#38;order=${orderId}">`);
    expect(write(paymentAction, 'de', style).text).toContain(
      `bestätigen:\nhttps://shop.example/pay?a=1&order=`,
    );
  });

  it('is told without an address if the shop has named none', () => {
    const { text, html } = write(paymentAction);
    expect(text).toContain('Please go back to our shop to confirm it.');
    expect(`${text}${html}`).not.toMatch(/https?:|here:/);
    expect(write(paymentAction, 'de').text).toContain('Bitte kehren Sie in unseren Shop zurück');
  });
});
