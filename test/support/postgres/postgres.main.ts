// `npm run postgres`: a PostgreSQL server for trying things out, until Ctrl-C.
import { parseArgs } from 'node:util';
import { toWholeOption } from '../whole-option.ts';
import { startPostgres } from './start-postgres.ts';

const help = `Usage: npm run postgres [-- --port PORT] [--folder FOLDER]

Starts an empty PostgreSQL server on 127.0.0.1 and prints its URL. When the command ends, the server and its data are
removed.

  --port    [any free one]
  --folder  where its data is [the temporary folder]`;

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    folder: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help) console.log(help);
else {
  const { port, folder } = values;
  const server = await startPostgres({
    ...(port !== undefined && { port: toWholeOption('port', port) }),
    ...(folder !== undefined && { folder }),
  });
  console.log(`PostgreSQL accepts connections: ${server.url}`);
}
