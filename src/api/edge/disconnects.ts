// Who has left: signals that end what an open request waits for when its client disconnects, or when the
// server closes. It never ends an answer itself. No wait and no stream outlives its reader.
import type { FastifyReply } from 'fastify';

export interface Disconnects {
  /** Whether the server has begun to close. */
  closing(): boolean;
  /** Ends every open wait: each `signal` is aborted. */
  close(): void;
  /** A signal that is aborted when the connection of `reply` closes, or the server does. */
  watch(reply: FastifyReply): Disconnect;
}

interface Disconnect extends Disposable {
  readonly signal: AbortSignal;
  /** Whether the client left, so that nobody reads the answer. */
  gone(): boolean;
}

export const createDisconnects = (): Disconnects => {
  const open = new Set<AbortController>();
  let closing = false;
  return {
    closing: () => closing,
    close: () => {
      closing = true;
      for (const controller of open) controller.abort();
    },
    watch: (reply) => {
      const controller = new AbortController();
      const leave = () => controller.abort();
      open.add(controller);
      reply.raw.once('close', leave);
      if (closing || reply.raw.destroyed) controller.abort();
      return {
        signal: controller.signal,
        gone: () => reply.raw.destroyed,
        [Symbol.dispose]: () => {
          open.delete(controller);
          reply.raw.off('close', leave);
        },
      };
    },
  };
};
