// The shop with one flaw: the notice to a customer whose address begins with `poison` makes its chart throw. A simulation
// needs orders whose messages are quarantined while others continue.
import { notificationChart } from '../../../machines/notification.ts';
import { shop } from '../../shop/shop.ts';

export const flawedShop: typeof shop = {
  ...shop,
  charts: {
    ...shop.charts,
    notification: notificationChart.provide({
      delays: {
        answerDeadline: ({ context }) => {
          if (context.recipient.startsWith('poison')) throw new Error('this recipient breaks the chart');
          return context.retrying.answerWithinMs;
        },
      },
    }),
  },
};
