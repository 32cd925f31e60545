// The form of keys: `oc_ID_SECRET`, and `ocs_ID_SECRET` for sessions. The secret has 256 random bits, so one round of
// SHA-256 is enough to keep it by. It keeps nothing.
import { hash, timingSafeEqual } from 'node:crypto';
import { drawSecret } from '../clock.ts';

export interface Token {
  readonly keyId: string;
  readonly token: string;
  readonly hash: string;
}

const form = /^ocs?_([0-9a-f]{16})_[\w-]{43}$/;

export const toHash = (token: string): string => hash('sha256', token, 'hex');

export const createToken = (kind: 'key' | 'session'): Token => {
  const keyId = drawSecret(8).toString('hex');
  const token = `${kind === 'key' ? 'oc' : 'ocs'}_${keyId}_${drawSecret(32).toString('base64url')}`;
  return { keyId, token, hash: toHash(token) };
};

/** The id in a key; undefined for what is no key. */
export const readKeyId = (token: string): string | undefined => form.exec(token)?.[1];

/** Whether `token` is the one with `hash`, in a time that says nothing of where they differ. */
export const isToken = (token: string, expected: string): boolean =>
  timingSafeEqual(hash('sha256', token, 'buffer'), Buffer.from(expected, 'hex'));
