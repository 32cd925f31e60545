// A thread of its own that does pieces of a campaign. Simulations are much work for the processor: so they use
// another core, and no coverage is counted in them.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Piece, PieceResult } from './piece.ts';

export interface Thread extends AsyncDisposable {
  /** Does one piece at a time. Rejects where the thread fails. */
  run(piece: Piece): Promise<PieceResult>;
}

export const startThread = (): Thread => {
  const worker = new Worker(new URL('./piece.worker.ts', import.meta.url));
  return {
    run: async (piece) => {
      worker.postMessage(piece);
      const [result]: PieceResult[] = await once(worker, 'message');
      if (result === undefined) throw new Error('the thread said nothing');
      return result;
    },
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
};
