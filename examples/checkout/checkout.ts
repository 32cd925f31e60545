// A shop's checkout: places an order over HTTP with the typed client, waits until it is settled, and says how it ended.
// Of the service it knows only the address. Run it with `node examples/checkout/checkout.ts http://127.0.0.1:3000 product-1`.
import { createClient } from '../../src/client.ts';

export interface Basket {
  readonly customerId: string;
  readonly email: string;
  readonly currency: string;
  readonly productId: string;
  readonly quantity: number;
}

/** One sentence for the customer. Whatever fails on the way, the order is placed once at most. */
export const checkOut = async (url: string, basket: Basket): Promise<string> => {
  const { productId, quantity, ...customer } = basket;
  const shop = createClient({ url });
  const { data, error } = await shop.POST('/orders', {
    params: { header: { prefer: 'wait=10' } },
    body: { ...customer, items: [{ productId, quantity }] },
  });
  if (error !== undefined) return `The order was not taken. ${error.detail}`;
  if (!data.settled) return `The order ${data.id} is placed; we write as soon as it is done.`;
  if (data.state === 'completed') return `The order ${data.id} is completed.`;
  const { data: why } = await shop.GET('/orders/{id}/explain', { params: { path: { id: data.id } } });
  return `The order ${data.id} is ${data.state}. ${why?.summary ?? ''}`;
};

if (import.meta.main) {
  const [url = 'http://127.0.0.1:3000', productId = 'product-1'] = process.argv.slice(2);
  const customer = { customerId: 'ada', email: 'ada@example.com', currency: 'USD' };
  console.log(await checkOut(url, { ...customer, productId, quantity: 1 }));
}
