// What the shop adds to the page.
import type { PageExtension } from '../extension.ts';
import { PartsFields } from './parts-fields.tsx';
import { ProductFilter } from './product-filter.tsx';
import { ProductsView } from './products-view.tsx';
import { readParts } from './read-parts.ts';

export const shopPage: PageExtension = {
  application: 'shop',
  views: [{ path: 'products', title: 'Products', View: ProductsView }],
  HoldingField: ProductFilter,
  PartsFields,
  readParts,
};
