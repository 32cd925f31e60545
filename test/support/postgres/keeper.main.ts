// Keeps one PostgreSQL server for the process that forked it (start-postgres.ts). When that process goes, however it
// goes, the channel between the two closes: then the server is ended and its folder removed. In a session of its own, so that Ctrl-C
// reaches only the process that it serves.
import { type Cluster, type ClusterOptions, createCluster, type ShutdownMode } from './cluster.ts';

export type KeeperCommand =
  | { readonly kind: 'create'; readonly options: ClusterOptions }
  | { readonly kind: 'start' }
  | { readonly kind: 'shutDown'; readonly mode: ShutdownMode };
/** Each command is answered, in their order. */
export type KeeperAnswer =
  | {
      readonly kind: 'done';
      readonly folder: string;
      readonly port: number;
      readonly pid: number | undefined;
    }
  | { readonly kind: 'failed'; readonly problem: string };

let cluster: Cluster | undefined;
let work: Promise<void> = Promise.resolve();

const run = async (command: KeeperCommand): Promise<KeeperAnswer> => {
  if (command.kind === 'create') cluster = await createCluster(command.options);
  if (cluster === undefined) throw new Error('There is no cluster yet.');
  if (command.kind === 'shutDown') await cluster.shutDown(command.mode);
  else await cluster.start();
  const { folder, port, pid } = cluster;
  return { kind: 'done', folder, port, pid };
};

const answer = async (command: KeeperCommand): Promise<void> => {
  const result = await run(command).catch(
    (error: unknown): KeeperAnswer => ({
      kind: 'failed',
      problem: error instanceof Error ? error.message : String(error),
    }),
  );
  // The other side may be gone.
  if (process.connected) process.send?.(result, () => undefined);
};

process.on('message', (command: KeeperCommand) => {
  work = work.then(() => answer(command));
});
process.on('disconnect', async () => {
  await work;
  try {
    await cluster?.remove();
  } catch (error) {
    // Where nobody reads it any more, it is lost.
    process.stderr.on('error', () => undefined);
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
});
