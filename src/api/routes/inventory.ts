// The catalogue and its stock as resources. A person says what a product is, and changes its stock by differences; it never
// sets the stock of a product that exists, which orders change meanwhile.
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Adjusted, Catalogue, Setting } from '../../shop/catalogue.ts';
import type { Product } from '../../shop/stock.ts';
import type { Api } from '../edge/dependencies.ts';
import { invalid } from '../edge/errors.ts';
import { type Answered, createOnce, toFingerprint, toKeyUse } from '../edge/idempotency.ts';
import {
  idempotencyKey,
  identifier,
  ifMatch,
  line,
  newIdentifier,
  pageLimit,
  preferFirst,
  text,
} from '../edge/inputs.ts';
import { readPage, sendPage } from '../edge/pages.ts';
import { beginWait, readIfMatch } from '../edge/preferences.ts';
import { json, problems } from '../edge/responses.ts';
import { sendStored, toETag } from '../edge/send-stored.ts';
import type { RouteDependencies } from './dependencies.ts';
import { product, productPage } from './schemas.ts';
import { currency, productParams } from './shop-inputs.ts';
import { toProduct } from './views.ts';

const setting = z.strictObject({
  name: line(200),
  unitPrice: z.int().min(0).max(limits.unitPrice).describe('minor units of the currency'),
  currency,
  onSale: z
    .boolean()
    .exactOptional()
    .describe('false: no new orders of it are taken; left out: as before, and a new product is on sale'),
  onHand: z
    .int()
    .min(0)
    .exactOptional()
    .describe('in the building and not sold: needed for a new product, refused for one that exists'),
});

const adjusting = z.strictObject({
  by: z
    .int()
    .refine((by) => by !== 0, 'must not be 0')
    .describe('pieces that came, or (below 0) went'),
  reason: text.describe('why, such as delivery; it is kept in the ledger'),
});

/** Who changes stock where callers have no names. */
const operator = 'operator';

const notFound = (productId: string): AppError =>
  new AppError('product-not-found', `There is no product ${productId}.`);

const addReading = (api: Api, { catalogue }: RouteDependencies): void => {
  api.get(
    '/products',
    {
      config: { access: 'any-key', forCustomers: true },
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
    async ({ query: { after, limit } }, reply) => {
      const page = await readPage<Product, string | undefined>({
        after,
        limit,
        read: (behind, most) =>
          catalogue.products({ ...(behind !== undefined && { after: behind }), limit: most }),
        toPlace: ({ productId }) => productId,
        toEntries: (found) => [toProduct(found)],
      });
      sendPage(reply, 'products', page);
      return reply;
    },
  );
  api.get(
    '/products/:id',
    {
      config: { access: 'any-key', forCustomers: true, etagOfPart: true },
      schema: {
        operationId: 'readProduct',
        summary: 'One product: what it is, on hand, held, sold, available',
        description:
          'The ETag is that of what people say of it (name, price, currency, on sale), for `If-Match`. Its counts change without a new ETag.',
        tags: ['inventory'],
        params: productParams,
        response: { 200: json('The product', product), ...problems('product-not-found') },
      },
    },
    async ({ params: { id } }, reply) => {
      const found = await catalogue.product(id);
      if (found === undefined) throw notFound(id);
      reply.header('etag', toETag(found.revision));
      return toProduct(found);
    },
  );
};

interface Putting {
  readonly id: string;
  readonly ifMatch: string | undefined;
  readonly setting: Setting;
  readonly at: number;
}

/** The revision of `present` that is asked for, another one if it is not among them; undefined is any. */
const readRevision = (ifMatch: string | undefined, { productId, revision }: Product): number | undefined => {
  if (ifMatch === undefined) {
    const text = `${productId} exists: send the ETag of GET /products/${encodeURIComponent(productId)} in If-Match to change it.`;
    throw new AppError('precondition-required', text);
  }
  const revisions = readIfMatch(ifMatch, 'product-changed');
  return revisions?.find((each) => each === revision) ?? revisions?.[0];
};

/** Refuses what a new product must not be asked with. */
const checkNew = ({ id, ifMatch, setting }: Putting): void => {
  if (ifMatch !== undefined) throw new AppError('product-changed', `There is no product ${id}.`);
  const wrong = newIdentifier.safeParse(id).error?.issues[0];
  if (wrong !== undefined) throw invalid([{ path: '{id}', message: wrong.message }]);
  // Before it is put: one that another made meanwhile is not described without its ETag.
  if (setting.onHand === undefined)
    throw invalid([{ path: '/onHand', message: 'is required for a new product' }]);
};

const putProduct = async (
  catalogue: Catalogue,
  putting: Putting,
): Promise<{ readonly status: 200 | 201; readonly now: Product }> => {
  const { id, ifMatch, setting, at } = putting;
  const present = await catalogue.product(id);
  if (present === undefined) {
    checkNew(putting);
    return { status: 201, now: await catalogue.putProduct(id, setting, at) };
  }
  // A count is refused whatever the ETag is.
  const ifRevision = setting.onHand === undefined ? readRevision(ifMatch, present) : undefined;
  return { status: 200, now: await catalogue.putProduct(id, setting, at, ifRevision) };
};

const addPutting = (api: Api, { catalogue, clock }: RouteDependencies): void => {
  api.put(
    '/products/:id',
    {
      config: { access: 'catalogue' },
      schema: {
        operationId: 'putProduct',
        summary: 'Makes a product with its stock, or says anew what a product is',
        description:
          'A product that exists is changed with its ETag in If-Match. Orders that are placed keep the name and the price that they were placed with, and go on if it is taken off sale. The stock of a product that exists is changed by adjustments.',
        tags: ['inventory'],
        params: productParams,
        headers: z.object({ 'if-match': ifMatch.exactOptional() }),
        body: setting,
        response: {
          200: json('It is changed', product),
          201: json('It is new', product),
          ...problems(
            'product-not-found',
            'stock-not-set',
            'product-changed',
            'precondition-required',
            'body-too-large',
            'unsupported-media-type',
            'store-unavailable',
          ),
        },
      },
    },
    async ({ params: { id }, headers, body }, reply) => {
      const putting = { id, ifMatch: headers['if-match'], setting: body, at: clock.now() };
      const { status, now } = await putProduct(catalogue, putting);
      reply.header('etag', toETag(now.revision));
      return reply.code(status).send(toProduct(now));
    },
  );
};

const toAdjusted = (now: Product) => ({ status: 201, body: JSON.stringify(toProduct(now)) });

const addAdjusting = (api: Api, parts: RouteDependencies): void => {
  const { catalogue, clock } = parts;
  const once = createOnce<Product, Adjusted>(parts);
  api.post(
    '/products/:id/adjustments',
    {
      config: { access: 'catalogue' },
      schema: {
        operationId: 'adjustStock',
        summary: 'Changes what is on hand by a difference',
        description:
          'Recorded in the ledger with the reason and who asked. What others and orders do meanwhile counts too. A repetition with the same key gets the first answer, and changes nothing.',
        tags: ['inventory'],
        params: productParams,
        headers: z.object({ 'idempotency-key': idempotencyKey, prefer: preferFirst.exactOptional() }),
        body: adjusting,
        response: {
          201: json('It is done; the product as it is now', product),
          ...problems(
            'idempotency-key-missing',
            'idempotency-key-in-use',
            'idempotency-key-reused',
            'product-not-found',
            'stock-below-held',
            'body-too-large',
            'unsupported-media-type',
            'overloaded',
            'store-unavailable',
          ),
        },
      },
    },
    async ({ caller, params: { id }, headers, body }, reply) => {
      using wait = beginWait(headers.prefer, parts, reply);
      const route = `products/${id}/adjustments`;
      const use = toKeyUse(caller, route, headers['idempotency-key'], toFingerprint(`POST /${route}`, body));
      const adjustment = { productId: id, ...body, who: caller.principal ?? operator, at: clock.now() };
      const answered = await once(
        use,
        toAdjusted,
        (idempotency) => catalogue.adjustStock(adjustment, idempotency),
        ({ product, answer }): Answered => ({
          ...(answer ?? toAdjusted(product)),
          ...{ orderId: '', version: product.revision, replayed: false },
        }),
        wait,
      );
      sendStored(reply, answered);
      return reply;
    },
  );
};

export const addInventory = (api: Api, parts: RouteDependencies): void => {
  addReading(api, parts);
  addPutting(api, parts);
  addAdjusting(api, parts);
};
