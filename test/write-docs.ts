// `npm run docs`: writes the generated documents into docs/. Nothing else writes there. The page on coverage is
// drawn from a run of the model-based tests, and takes as long.
import { mkdir, writeFile } from 'node:fs/promises';
import { docsFolder, renderDocuments } from './docs/documents.ts';
import { renderCoveragePage } from './model/path-plan.ts';

await mkdir(docsFolder, { recursive: true });
for (const [name, text] of renderDocuments()) await writeFile(new URL(name, docsFolder), text);
await writeFile(new URL('coverage.md', docsFolder), await renderCoveragePage());
