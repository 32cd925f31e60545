// The header Retry-After of an answer: seconds, or a date (RFC 9110).

/** ms to wait from `now` (ms since 1970), at least 0; undefined: the header is missing, or says nothing that can be read. */
export const readRetryAfter = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined;
  const waitMs = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
};
