// What banks give as their reason for a decline, in words. The code stays beside them: support looks it up by that.

const words: Readonly<Record<string, string>> = {
  authentication_required: 'the customer would have to confirm it with the bank',
  approve_with_id: 'the payment cannot be authorised',
  call_issuer: 'the customer has to ask the bank',
  card_not_supported: 'the card does not support this kind of purchase',
  card_velocity_exceeded: 'the card was used too often, or for too much',
  currency_not_supported: 'the card does not support this currency',
  do_not_honor: 'the customer has to ask the bank',
  duplicate_transaction: 'the same amount was charged to the card a moment ago',
  expired_card: 'the card has expired',
  fraudulent: 'the payment looks fraudulent',
  generic_decline: 'the bank gives no reason',
  incorrect_cvc: 'the security code is wrong',
  incorrect_number: 'the card number is wrong',
  insufficient_funds: 'the card has not enough money',
  invalid_account: 'the card or its account is not valid',
  invalid_amount: 'the amount is more than the card allows',
  issuer_not_available: 'the bank cannot be reached',
  lost_card: 'the card was reported lost',
  pickup_card: 'the card may have been reported lost or stolen',
  processing_error: 'the card could not be processed',
  restricted_card: 'the card may have been reported lost or stolen',
  stolen_card: 'the card was reported stolen',
  transaction_not_allowed: 'the bank does not allow this payment',
  try_again_later: 'the bank says to try again later',
  withdrawal_count_limit_exceeded: 'the limit of the card is reached',
};

/** `insufficient_funds: the card has not enough money`; a code that is not known stays alone. */
export const describeDecline = (code: string): string => {
  const text = Object.hasOwn(words, code) ? words[code] : undefined;
  return text === undefined ? code : `${code}: ${text}`;
};
