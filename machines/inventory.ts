// The order's stock: checked, reserved (all lines or none), then committed or released. A reservation belongs
// to the order and expires. Lines of one product are summed. The chart never counts stock: it sends commands
// to `warehouse`, each of which takes effect in full or not at all, so a command without an answer is
// repeated with the same key.
import { and, assign, not } from 'xstate';
import { ifCurrentTryAgain, tryAgain } from './chart.ts';
import {
  callStates,
  ignoreReasons,
  inventorySetup,
  newInventory,
  onRelease,
  onReleaseWithoutStock,
  onReturned,
} from './inventory-setup.ts';

export const inventoryChart = inventorySetup.createMachine({
  id: 'inventory',
  context: newInventory,
  initial: 'idle',
  meta: { ignores: ignoreReasons },
  states: {
    idle: {
      tags: 'settled',
      description: 'no stock was requested',
      on: {
        'inventory.check': {
          target: 'checking',
          actions: assign(({ event: { type: _, ...order } }) => order),
        },
      },
    },

    checking: {
      on: {
        'inventory.release': onReleaseWithoutStock,
        'warehouse.checked': [
          {
            guard: and(['isOurs', 'hasProblems']),
            target: 'unavailable',
            actions: ['noteProblems', 'announceInsufficient', 'tellCheckFailed'],
          },
          { guard: 'isOurs', target: 'checked', actions: 'tellCheckPassed' },
        ],
      },
      ...callStates({
        asking: {
          description: "the warehouse's answer to the check",
          entry: [{ type: 'count', params: { purpose: 'check' } }, 'askForCheck'],
          on: { 'warehouse.failed': ifCurrentTryAgain, 'warehouse.refused': ifCurrentTryAgain },
        },
        backingOff: { description: 'the next attempt of the check' },
        needsAttention: {
          reason: 'check-unanswered',
          text: 'the warehouse does not answer the check',
          outcomes: { available: { target: '#inventory.checked', actions: 'tellCheckPassed' } },
        },
      }),
    },

    checked: {
      tags: 'settled',
      description: 'everything is in stock; nothing is reserved yet',
      on: { 'inventory.reserve': { target: 'reserving', actions: 'forgetTries' } },
    },

    reserving: {
      meta: {
        ignores: { 'inventory.release': 'the release is already requested, and follows the pending answer' },
      },
      on: {
        'warehouse.reserved': { guard: 'isOurs', target: 'reserved' },
        'warehouse.insufficient': [
          { guard: and(['isOurs', 'isUnwanted']), target: 'released', actions: 'tellReleased' },
          {
            guard: 'isOurs',
            target: 'unavailable',
            actions: ['noteProblems', 'announceInsufficient', 'tellNotReserved'],
          },
        ],
      },
      ...callStates({
        asking: {
          description: "the warehouse's answer to the reservation",
          entry: [{ type: 'count', params: { purpose: 'reserve' } }, 'askForReservation'],
          after: {
            answerDeadline: [{ guard: 'isUnwanted', target: '#inventory.releasing' }, ...tryAgain],
          },
          on: {
            'inventory.release': { guard: not('isUnwanted'), actions: ['noteWhy', 'noteUnwanted'] },
            'warehouse.failed': [
              { guard: and(['isCurrent', 'isUnwanted']), target: '#inventory.releasing' },
              ...ifCurrentTryAgain,
            ],
            'warehouse.refused': [
              { guard: and(['isCurrent', 'isUnwanted']), target: '#inventory.releasing' },
              { guard: 'isCurrent', target: 'needsAttention' },
            ],
          },
        },
        backingOff: {
          description: 'the next attempt of the reservation',
          on: { 'inventory.release': onRelease },
        },
        needsAttention: {
          reason: 'reservation-unconfirmed',
          text: 'the warehouse does not confirm the reservation',
          outcomes: { reserved: { target: '#inventory.reserved' } },
          on: { 'inventory.release': onRelease },
        },
      }),
    },

    reserved: {
      tags: 'held',
      description: 'a request to commit the reserved stock, for a limited time',
      entry: ['announceReserved', 'tellReserved'],
      always: { guard: 'isUnwanted', target: 'releasing' },
      meta: { waitsFor: 'gateway' },
      // The order is told before the stock is released: from here on nothing may be charged for it.
      after: { reservationExpiry: { target: 'releasing', actions: ['noteExpired', 'tellExpired'] } },
      on: {
        'inventory.commit': { target: 'committing', actions: 'forgetTries' },
        'inventory.release': onRelease,
      },
    },

    committing: {
      tags: 'held',
      meta: { ignores: { 'inventory.commit': 'the commit is already under way' } },
      on: {
        'inventory.release': onRelease,
        'warehouse.committed': { guard: 'isOurs', target: 'committed' },
        'warehouse.refused': { guard: 'isOurs', target: 'releasing', actions: 'tellNotCommitted' },
      },
      ...callStates({
        asking: {
          description: "the warehouse's answer to the commit",
          entry: [{ type: 'count', params: { purpose: 'commit' } }, 'askForCommit'],
          on: { 'warehouse.failed': ifCurrentTryAgain },
        },
        backingOff: { description: 'the next attempt of the commit' },
        needsAttention: {
          reason: 'commit-unconfirmed',
          text: 'the warehouse does not confirm the commit',
          outcomes: {
            committed: { target: '#inventory.committed' },
            'not-committed': { target: '#inventory.releasing', actions: 'tellNotCommitted' },
          },
        },
      }),
    },

    releasing: {
      meta: { ignores: { 'inventory.release': 'the stock is already being released' } },
      entry: 'forgetTries',
      on: {
        'warehouse.released': {
          guard: 'isOurs',
          target: 'released',
          actions: ['announceReleased', 'tellReleased'],
        },
      },
      ...callStates({
        asking: {
          description: "the warehouse's answer to the release",
          entry: [{ type: 'count', params: { purpose: 'release' } }, 'askForRelease'],
          on: {
            'warehouse.failed': ifCurrentTryAgain,
            'warehouse.refused': { guard: 'isCurrent', target: 'needsAttention' },
          },
        },
        backingOff: { description: 'the next attempt of the release' },
        needsAttention: {
          reason: 'release-unconfirmed',
          text: 'the warehouse does not confirm the release',
          outcomes: {
            released: { target: '#inventory.released', actions: ['announceReleased', 'tellReleased'] },
          },
        },
      }),
    },

    unavailable: {
      tags: 'settled',
      description: 'not everything is in stock; nothing is reserved',
      on: { 'inventory.release': onReleaseWithoutStock },
    },
    committed: {
      tags: 'held',
      initial: 'kept',
      meta: {
        ignores: {
          'inventory.release': 'the stock is committed',
          'inventory.commit': 'the stock is already committed',
          'inventory.return': 'the return is already under way',
        },
      },
      entry: ['announceCommitted', 'tellCommitted'],
      on: { 'inventory.return': { guard: 'isNewReturn', actions: 'noteReturn' } },
      states: {
        kept: {
          tags: 'settled',
          description: 'the stock is committed',
          always: { guard: 'hasReturns', target: 'returning' },
        },
        returning: {
          entry: 'forgetTries',
          on: { 'warehouse.returned': { guard: 'isOurs', ...onReturned } },
          ...callStates({
            asking: {
              description: "the warehouse's answer to the return of refunded products",
              entry: ['countReturn', 'askForReturn'],
              on: {
                'warehouse.failed': ifCurrentTryAgain,
                'warehouse.refused': { guard: 'isCurrent', target: 'needsAttention' },
              },
            },
            backingOff: { description: 'the next attempt of the return' },
            needsAttention: {
              reason: 'return-unconfirmed',
              text: 'the warehouse does not confirm that refunded products are back in stock',
              outcomes: {
                returned: onReturned,
                'not-returned': { target: '#inventory.committed.kept', actions: 'forgetReturn' },
              },
            },
          }),
        },
      },
    },
    released: {
      tags: 'settled',
      description: 'no stock is reserved for this order any more',
      meta: { ignores: { 'inventory.release': 'the stock was released' } },
    },
  },
});
