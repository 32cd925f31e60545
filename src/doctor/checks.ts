// The invariants that are checked of every application's store: what each says, and what a person should do about a
// violation. It checks nothing itself.
import type { CheckDeclaration } from '../audit.ts';

const keepAndReport =
  "Keep a copy of the store, and report it as a bug with the order's /orders/ID/messages: no setting can cause it.";

/** In the order in which they are reported. */
export const engineChecks = {
  storageIntact: {
    sentence:
      'The store is intact: its schema, its references, the pages of a file, and the positions of its journal',
    advice:
      'Stop the service, keep a copy (of a file with its -wal and -shm), and restore the last good backup.',
  },
  keyHasOneAnswer: {
    sentence: 'An idempotency key stands for one answer about one order that is stored',
    advice: "Look up the order that the key's owner got, and tell them; a lost order has to be placed again.",
  },
  keyHasOneRequest: {
    sentence: 'An idempotency key keeps the fingerprint of the one request that it was used for',
    advice: 'A repetition with this key would be refused: tell its owner to use a new one.',
  },
  gaplessHistory: {
    sentence:
      'Messages and events of an order are numbered without gap or repeat, and belong to a stored order',
    advice: keepAndReport,
  },
  receivedOnce: {
    sentence: 'No message was recorded twice for an order',
    advice: keepAndReport,
  },
  dispositionRecorded: {
    sentence: 'Every message was applied, ignored with a reason, or quarantined with an incident',
    advice: 'Read the message (/orders/ID/messages) and make the move by hand that it should have led to.',
  },
  stateIsFold: {
    sentence: 'Replaying the messages of an order gives its stored system, its events and its calls',
    advice: `If many orders of one chart version are affected, its charts were changed without a new version: run the charts as they were, and raise the version for the change. Otherwise: ${keepAndReport}`,
    needsReplay: true,
  },
  deadlinesOnTime: {
    sentence: 'A deadline fires once, while it is set, and never before it is due',
    advice: 'Check the clock of the machine that ran the service at that time.',
    needsReplay: true,
  },
  rowMatchesSystem: {
    sentence: "An order's row (state, flags, times, next deadline) agrees with its system",
    advice: 'Lists, counts and deadlines use the row: restart the service, and make any move on the order.',
  },
  callsMatchSystem: {
    sentence: "The calls to be made are exactly those that the order's system waits for",
    advice: `Restart the service; if the order still does not move, cancel or resolve it. ${keepAndReport}`,
  },
  callKeysStable: {
    sentence: 'Keys of calls are ORDER/purpose/number, and each stands for one command to a service',
    advice: 'Find what the service did for the order under each key, and undo what is too much.',
  },
  settledIsQuiet: {
    sentence: 'A settled order has no deadline left',
    advice: keepAndReport,
  },
  nothingStuck: {
    sentence: 'Every order that is not settled has a pending call, a deadline or an incident',
    advice: 'Nothing will wake this order: cancel it (POST /orders/ID/cancel), and keep a copy of the store.',
  },
} as const satisfies Record<string, CheckDeclaration>;

export type EngineCheck = keyof typeof engineChecks;
