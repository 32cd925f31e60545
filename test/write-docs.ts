// `npm run docs`: writes the generated documents into docs/. Nothing else writes there.
import { mkdir, writeFile } from 'node:fs/promises';
import { docsFolder, renderDocuments } from './docs/documents.ts';

await mkdir(docsFolder, { recursive: true });
for (const [name, text] of renderDocuments()) await writeFile(new URL(name, docsFolder), text);
