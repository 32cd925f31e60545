// The faults of a soak: its service is killed, stopped or frozen from time to time, and started again over the same data.
// It counts the faults, and knows where the service listens now.
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../../src/simulator/random.ts';
import { type Server, startServer } from '../e2e/server.ts';

export interface FaultyServer {
  server(): Server;
  readonly counts: Readonly<Record<Fault, number>>;
  /** Faults that the service did not handle, such as a stop that ended with an error. */
  readonly problems: readonly string[];
  /** Causes a random fault. */
  causeFault(): Promise<void>;
}
type Fault = 'killed' | 'stopped' | 'frozen';

export const startFaultyServer = async (
  folder: string,
  environment: Readonly<Record<string, string>>,
  random: SeededRandom,
): Promise<FaultyServer> => {
  let server = await startServer(folder, environment);
  const counts = { killed: 0, stopped: 0, frozen: 0 };
  const problems: string[] = [];
  const faults: Record<Fault, () => Promise<void>> = {
    killed: async () => {
      await server.kill();
      server = await startServer(folder, environment);
    },
    stopped: async () => {
      const code = await server.stop();
      if (code !== 0) problems.push(`a stop ended with ${code}: ${server.output().slice(-500)}`);
      server = await startServer(folder, environment);
    },
    frozen: async () => {
      process.kill(server.pid, 'SIGSTOP');
      await pause(random.between(500, 3500));
      process.kill(server.pid, 'SIGCONT');
    },
  };
  return {
    server: () => server,
    counts,
    problems,
    causeFault: async () => {
      const fault = random.pick(['killed', 'killed', 'stopped', 'frozen'] as const);
      counts[fault] += 1;
      await faults[fault]();
    },
  };
};
