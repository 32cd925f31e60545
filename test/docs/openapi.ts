// docs/openapi.json, as a service with the shop's routes answers it at its default settings, and the types of
// `orderchart/client`, which are made from it. It describes nothing itself.
import openapiTypeScript, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { createEdge } from '../api/edge.ts';

export const clientTypes = new URL('../../src/client/openapi.ts', import.meta.url);

export const renderOpenApi = async (): Promise<string> => {
  const { app, get } = await createEdge();
  const document: unknown = (await get('/openapi.json')).json();
  await app.close();
  return `${JSON.stringify(document, null, 2)}\n`;
};

/** Whoever calls through the client may leave the key of a request to it. */
const withOptionalKeys = (_field: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'name' in value && value.name === 'idempotency-key'
    ? { ...value, required: false }
    : value;

const head = `// What the HTTP API takes and answers, as types: made from docs/openapi.json by \`npm run docs\`. It holds no code.
`;

export const renderClientTypes = async (openApi: string): Promise<string> => {
  const document: OpenAPI3 = JSON.parse(openApi, withOptionalKeys);
  const types = await openapiTypeScript(document, {
    // A field that has a default may be left out.
    defaultNonNullable: false,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    silent: true,
  });
  return head + astToString(types);
};
