// What a soak does to a service every now and then: it is killed, stopped politely, or frozen for a while, and
// started again over the same data. It counts what it did, and knows where the service listens now.
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../../src/simulator/random.ts';
import { type Server, startServer } from '../e2e/server.ts';

export interface Disturbed {
  server(): Server;
  readonly counts: Readonly<Record<Disturbance, number>>;
  /** What went wrong that must not, such as a polite stop that was not clean. */
  readonly complaints: readonly string[];
  /** Does one of them at random. */
  disturb(): Promise<void>;
}
type Disturbance = 'killed' | 'stopped' | 'frozen';

export const startDisturbed = async (
  folder: string,
  environment: Readonly<Record<string, string>>,
  random: SeededRandom,
): Promise<Disturbed> => {
  let server = await startServer(folder, environment);
  const counts = { killed: 0, stopped: 0, frozen: 0 };
  const complaints: string[] = [];
  const disturbances: Record<Disturbance, () => Promise<void>> = {
    killed: async () => {
      await server.kill();
      server = await startServer(folder, environment);
    },
    stopped: async () => {
      const code = await server.stop();
      if (code !== 0) complaints.push(`a polite stop ended with ${code}: ${server.output().slice(-500)}`);
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
    complaints,
    disturb: async () => {
      const which = random.pick(['killed', 'killed', 'stopped', 'frozen'] as const);
      counts[which] += 1;
      await disturbances[which]();
    },
  };
};
