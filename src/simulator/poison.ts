// The shipped charts with one flaw: the notice to a customer whose address begins with `poison` makes the chart
// throw. It exists so that a simulation has orders whose messages must be set aside while others go on.
import { notificationChart } from '../../machines/notification.ts';
import { orderSystem } from '../../machines/system.ts';

export const flawedSystem = {
  ...orderSystem,
  charts: {
    ...orderSystem.charts,
    notification: notificationChart.provide({
      delays: {
        answerDeadline: ({ context }) => {
          if (context.recipient.startsWith('poison')) throw new Error('this recipient breaks the chart');
          return context.retrying.answerWithinMs;
        },
      },
    }),
  },
} as const;
