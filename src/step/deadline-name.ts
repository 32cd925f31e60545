// The name of a chart's deadline (`payDeadline`), as XState writes it into events and ids. It knows no times.

/**
 * The name in `xstate.after.payDeadline.order.paying.charging`, the event of a deadline, or in the key of a
 * stored deadline, which is the same after `order:`. Undefined for everything else.
 */
export const toDeadlineName = (text: string): string | undefined =>
  /^(?:[^:]*:)?xstate\.after\.([^.]+)/.exec(text)?.[1];
