// Shop: the products of the catalogue, read again whenever `version` changes.
import { useEffect, useState } from 'react';
import { createClient, type Product } from '../../../client.ts';
import { service } from '../api.ts';

const shopApi = createClient(service);

export const useProducts = (version: unknown): readonly Product[] | undefined => {
  const [products, setProducts] = useState<readonly Product[]>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new `version` means that there may be changes
  useEffect(() => {
    const unmounting = new AbortController();
    shopApi
      .GET('/products', { params: { query: { limit: 100 } }, signal: unmounting.signal })
      .then(({ data }) => data !== undefined && setProducts(data.products))
      .catch(() => {});
    return () => unmounting.abort();
  }, [version]);
  return products;
};
