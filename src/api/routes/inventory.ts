// The catalogue and its stock as resources. It never moves stock: orders do that; a person only says what a
// product is and how much is on hand.
import { z } from 'zod';
import { limits } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Api } from '../edge/dependencies.ts';
import { identifier, line, pageLimit } from '../edge/inputs.ts';
import { json, problems } from '../edge/responses.ts';
import type { RouteDependencies } from './dependencies.ts';
import { product, productPage } from './schemas.ts';
import { currency, productParams } from './shop-inputs.ts';
import { toProduct } from './views.ts';

const setting = z.strictObject({
  name: line(200),
  unitPrice: z.int().min(0).max(limits.unitPrice).describe('minor units of the currency'),
  currency,
  onHand: z.int().min(0).describe('in the building and not sold'),
});

const addReading = (api: Api, { catalogue }: RouteDependencies): void => {
  api.get(
    '/products',
    {
      schema: {
        operationId: 'listProducts',
        summary: 'The catalogue, by product id, with its stock',
        tags: ['inventory'],
        querystring: z.strictObject({
          after: identifier.exactOptional().describe('the `next` of the page before'),
          limit: pageLimit,
        }),
        response: { 200: json('One page', productPage), ...problems() },
      },
    },
    async ({ query }) => {
      const products = await catalogue.products(query);
      const next = products.length < query.limit ? null : (products.at(-1)?.productId ?? null);
      return { products: products.map(toProduct), next };
    },
  );
  api.get(
    '/products/:id',
    {
      schema: {
        operationId: 'readProduct',
        summary: 'One product: what it is, on hand, held, sold, available',
        tags: ['inventory'],
        params: productParams,
        response: { 200: json('The product', product), ...problems('product-not-found') },
      },
    },
    async ({ params: { id } }) => {
      const found = await catalogue.product(id);
      if (found === undefined) throw new AppError('product-not-found', `There is no product ${id}.`);
      return toProduct(found);
    },
  );
};

export const addInventory = (api: Api, parts: RouteDependencies): void => {
  addReading(api, parts);
  const { catalogue, clock } = parts;
  api.put(
    '/products/:id',
    {
      schema: {
        operationId: 'putProduct',
        summary: 'Says what a product is and how much is on hand',
        description: 'Orders that are placed keep the name and the price that they were placed with.',
        tags: ['inventory'],
        params: productParams,
        body: setting,
        response: {
          200: json('It is changed', product),
          201: json('It is new', product),
          ...problems('stock-below-held', 'body-too-large', 'unsupported-media-type', 'store-unavailable'),
        },
      },
    },
    async ({ params: { id }, body }, reply) => {
      const before = await catalogue.product(id);
      const now = await catalogue.putProduct(id, body, clock.now());
      return reply.code(before === undefined ? 201 : 200).send(toProduct(now));
    },
  );
};
