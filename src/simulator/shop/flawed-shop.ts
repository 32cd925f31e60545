// The shop with one flaw: the notice to a customer whose address begins with `poison` makes its chart throw. A simulation
// needs orders whose messages are quarantined while others continue.
import { notificationChart } from '../../../machines/notification.ts';
import { registry } from '../../../machines/registry.ts';
import { shop } from '../../shop/shop.ts';

interface Notice {
  readonly context: { readonly recipient: string; readonly retrying: { readonly answerWithinMs: number } };
}
const delays = {
  answerDeadline: ({ context }: Notice): number => {
    if (context.recipient.startsWith('poison')) throw new Error('this recipient breaks the chart');
    return context.retrying.answerWithinMs;
  },
};

const version1 = registry[1];
const flawed1 = {
  ...version1,
  charts: { ...version1.charts, notification: version1.charts.notification.provide({ delays }) },
};

export const flawedShop: typeof shop = {
  ...shop,
  charts: { ...shop.charts, notification: notificationChart.provide({ delays }) },
  otherVersions: { 1: flawed1 },
};

/** As a release before version 2 runs it. */
export const earlierShop: typeof shop = { ...flawedShop, chartVersion: '1', ...flawed1, otherVersions: {} };
