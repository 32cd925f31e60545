// What each command to a service may be answered, the good news first.

type Answers = Readonly<Record<string, readonly { readonly type: string; readonly reason?: string }[]>>;
export const answers: Answers = {
  'warehouse.check': [{ type: 'warehouse.checked' }, { type: 'warehouse.failed' }],
  'warehouse.reserve': [
    { type: 'warehouse.reserved' },
    { type: 'warehouse.insufficient' },
    { type: 'warehouse.failed' },
  ],
  'warehouse.release': [{ type: 'warehouse.released' }, { type: 'warehouse.failed' }],
  'warehouse.commit': [
    { type: 'warehouse.committed' },
    { type: 'warehouse.refused' },
    { type: 'warehouse.failed' },
  ],
  'gateway.charge': [
    { type: 'gateway.charged' },
    { type: 'gateway.authorized' },
    { type: 'gateway.declined' },
    { type: 'gateway.failed' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'gateway.look-up': [
    { type: 'gateway.charged' },
    { type: 'gateway.declined' },
    { type: 'gateway.absent' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'gateway.capture': [
    { type: 'gateway.captured' },
    { type: 'gateway.refused' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'gateway.void': [
    { type: 'gateway.voided' },
    { type: 'gateway.refused' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'gateway.refund': [
    { type: 'gateway.refunded' },
    { type: 'gateway.refused' },
    { type: 'gateway.unknown', reason: 'no-answer' },
  ],
  'mailer.send': [{ type: 'mailer.sent' }, { type: 'mailer.failed' }],
};
