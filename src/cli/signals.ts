// What the operating system may do to a program while it runs: signals, and readers of its output that go away. It does not
// know what is stopped.
import { type Clock, systemClock } from '../clock.ts';
import { limits } from '../limits.ts';

/** The first of them stops the service politely, a later one ends it at once. A closed terminal is one too. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What every command does: it opens no debugger, and output that nobody reads, or a full disk behind it, does not end it. */
export const surviveOutside = (): void => {
  // Without a listener, Node opens its debugger for whoever may send this signal.
  process.on('SIGUSR1', () => {});
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
};

/**
 * Calls `stop` at the first signal, and ends the process at a later one. Those that come with the first are the same
 * wish: npm passes on what the terminal has sent already, and systemd sends SIGHUP behind its SIGTERM.
 */
export const stopAtSignal = (stop: () => void, clock: Pick<Clock, 'now'> = systemClock): void => {
  let stoppedAt: number | undefined;
  for (const signal of stopSignals) {
    process.on(signal, () => {
      if (stoppedAt === undefined) {
        stoppedAt = clock.now();
        stop();
        return;
      }
      if (Math.abs(clock.now() - stoppedAt) < limits.sameSignalMs) return;
      console.error(`${signal} again: ended at once. What was under way goes on at the next start.`);
      process.exit(1);
    });
  }
};
