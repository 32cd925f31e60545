// A thread that does the pieces of a campaign, one at a time.
import { parentPort } from 'node:worker_threads';
import { type Piece, runPiece } from './piece.ts';

parentPort?.on('message', (piece: Piece) => {
  void runPiece(piece).then((result) => parentPort?.postMessage(result));
});
