// The documents that are generated from the charts, the messages and the routes, as path and text. It writes nothing:
// test/write-docs.ts does, and a test holds what is in docs/ against it.
import { renderAsyncApi } from './asyncapi.ts';
import { renderCharts } from './charts-page.ts';
import { renderMatrix } from './matrix-page.ts';
import { renderMessages } from './messages-page.ts';
import { renderOpenApi } from './openapi.ts';

export const docsFolder = new URL('../../docs/', import.meta.url);

export const renderDocuments = async (): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ['asyncapi.json', renderAsyncApi()],
    ['charts.md', renderCharts()],
    ['matrix.md', renderMatrix()],
    ['messages.md', renderMessages()],
    ['openapi.json', await renderOpenApi()],
  ]);
