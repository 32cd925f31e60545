// Places in the journal as readers keep them: `EPOCH-POSITION`. The epoch tells positions that this store gave out from those
// of a store whose copy was restored here. It reads no event.
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Host } from '../../host.ts';

const pattern = /^(?:([0-9a-f]{1,32})-)?(\d{1,16})$/;

/** A cursor, or a plain position. */
export const cursor = z
  .string()
  .regex(pattern, 'must be 0, or a place that this service gave out, such as 5f0c2a9e-1042')
  .refine((text) => Number.isSafeInteger(Number(pattern.exec(text)?.[2])), 'must be a place that exists')
  .meta({ examples: ['0'] });

export const lastEventId = z
  .string()
  .regex(/^(?:(?:[0-9a-f]{1,32}-)?\d{1,16})?$/, 'must be the id of an event of this stream')
  .describe('continue behind this event');

export interface Cursors {
  /** The present one's name. */
  readonly epoch: string;
  toCursor(position: number): string;
  /**
   * The position that a cursor means.
   * @throws AppError `cursor-unknown` with the newest cursor, for one that this store never gave out: whoever has it has read
   * another store, and would wait in silence.
   */
  toPosition(cursor: string): Promise<number>;
}

/** The cursors of a host's journal: read anew for each request, since a store need not be this process's alone. */
export const readCursors = async (host: Pick<Host, 'epochs' | 'lastPosition'>): Promise<Cursors> => {
  const epochs = await host.epochs();
  const present = epochs.at(-1)?.name ?? '';
  const toCursor = (position: number) => `${present}-${position}`;
  return {
    epoch: present,
    toCursor,
    toPosition: async (cursor) => {
      const [, name = '', digits = ''] = pattern.exec(cursor) ?? [];
      const position = Number(digits);
      // Without an epoch it is from before there were any, or a `position`: good until the first restore.
      const epoch = name === '' ? epochs[0] : epochs.find((each) => each.name === name);
      const newest = await host.lastPosition();
      if (epoch !== undefined && position <= (epoch.lastPosition ?? newest)) return position;
      const message = `This store never gave out the cursor ${cursor}: its newest is ${toCursor(newest)}.`;
      throw new AppError('cursor-unknown', message, { newest: toCursor(newest) });
    },
  };
};
