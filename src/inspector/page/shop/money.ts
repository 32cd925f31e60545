// Shop: money as people read it. Amounts come in minor units.

const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

export const toMoney = (amount: number, currency: string): string => {
  if (!/^[A-Z]{3}$/.test(currency)) return String(amount);
  const digits = digitsOf(currency);
  return `${(amount / 10 ** digits).toLocaleString('en', { minimumFractionDigits: digits })} ${currency}`;
};
