// What every store checks before it writes an order: that the write continues from where the order stands, without a
// gap. It reads and writes nothing.
import type { LoadedOrder, OrderWrite } from '../store.ts';
import { StaleBatch } from '../store.ts';

/** Where an order stands: its version and the `seq` of its last event; both 0 before it is placed. */
export type Head = Pick<LoadedOrder, 'version' | 'lastSeq'>;

const requireGapless = (what: string, numbers: readonly number[], before: number): void => {
  const wrong = numbers.findIndex((number, index) => number !== before + index + 1);
  if (wrong >= 0) throw new Error(`${what} ${numbers[wrong]} should be ${before + wrong + 1}.`);
};

/**
 * @throws StaleBatch when the order moved on since the decision; Error when `write` does not continue from `head`
 * without a gap, which is a bug of its caller.
 */
export const requireContinuation = (head: Head | undefined, write: OrderWrite): void => {
  const { orderId, baseVersion, version, lastSeq, received, events } = write;
  const before = head ?? { version: 0, lastSeq: 0 };
  if (before.version !== baseVersion) throw new StaleBatch(`Order ${orderId}`);
  // A write that leaves the version as it was would be invisible to another that is decided at the same time.
  if (received.length === 0) throw new Error(`A write of order ${orderId} records no message.`);
  if (version !== baseVersion + received.length) {
    const described = `${baseVersion} and ${received.length} messages`;
    throw new Error(`Version ${version} of order ${orderId} does not follow from ${described}.`);
  }
  const versions = received.map((message) => message.version);
  requireGapless(`Order ${orderId}: message version`, versions, before.version);
  requireGapless(
    `Order ${orderId}: event seq`,
    events.map((event) => event.seq),
    before.lastSeq,
  );
  if (lastSeq !== before.lastSeq + events.length) {
    throw new Error(`Order ${orderId} would end with event ${lastSeq}, which it does not have.`);
  }
};
