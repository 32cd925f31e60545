// `npm run docs`: writes the generated documents into docs/, and the client's types. Nothing else writes them. The page on
// coverage is drawn from a run of the model-based tests, and takes as long.
import { mkdir, writeFile } from 'node:fs/promises';
import { docsFolder, renderDocuments } from './docs/documents.ts';
import { clientTypes, renderClientTypes } from './docs/openapi.ts';
import { renderCoveragePage } from './model/path-plan.ts';

await mkdir(docsFolder, { recursive: true });
const documents = await renderDocuments();
for (const [name, text] of documents) await writeFile(new URL(name, docsFolder), text);
await writeFile(clientTypes, await renderClientTypes(documents.get('openapi.json') ?? ''));
await writeFile(new URL('coverage.md', docsFolder), await renderCoveragePage());
