// Which e-mail addresses are taken, and why others are not: RFC 5321, with Unicode as in RFC 6531. It sends nothing; what
// an address looks like on the wire is nodemailer's business.
import { domainToASCII } from 'node:url';

const unseen = String.raw`\s\p{C}\p{Default_Ignorable_Code_Point}`;
const beyondAscii = String.raw`(?:(?!\p{ASCII})[^${unseen}])`;
const atom = String.raw`(?:[A-Za-z0-9!#$%&'*+/=?^_\x60{|}~-]|${beyondAscii})+`;
// Without < and >: nodemailer puts blanks in their place, and the mail would go to another mailbox.
const quoted = String.raw`"(?:[\x20\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]|\\[\x20-\x3b\x3d\x3f-\x7e])+"`;
const local = String.raw`(?:${atom}(?:\.${atom})*|${quoted})`;
// Persian and Indic names need joiners.
const label = String.raw`(?:[A-Za-z0-9\u200c\u200d-]|${beyondAscii})+`;
const domain = String.raw`${label}(?:\.${label})+`;

/** Every address that is taken matches; what a pattern cannot say, `whyNotAddress` does. */
export const addressPattern = `^${local}@${domain}$`;

const localPart = new RegExp(`^${local}$`, 'u');
const domainName = new RegExp(`^${domain}$`, 'u');
/** The last label of a name has a letter: otherwise it is an IP address. */
const asciiName =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?=[0-9-]*[a-z])[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/;

const longestLocal = 64;
export const longestAddress = 254;

/** The name as DNS knows it, in punycode; undefined for what is no name of a domain. */
const toAsciiName = (name: string): string | undefined => {
  const ascii = domainName.test(name) ? domainToASCII(name) : '';
  return asciiName.test(ascii) ? ascii : undefined;
};

const split = (address: string): readonly [local: string, domain: string] => {
  const at = address.lastIndexOf('@');
  return [address.slice(0, Math.max(0, at)), address.slice(at + 1)];
};

/** What is wrong with an address, to be read behind its name; undefined if nothing is. */
export const whyNotAddress = (address: string): string | undefined => {
  const [before, after] = split(address);
  if (before === '' || after === '') return 'must be an e-mail address, such as ada@example.com';
  if (!localPart.test(before)) return 'has something before its @ that no mailbox is named';
  const ascii = toAsciiName(after);
  if (ascii === undefined) return 'has no domain behind its @, such as example.com or münchen.example';
  if (Buffer.byteLength(before) > longestLocal) return `has more than ${longestLocal} bytes before its @`;
  const longest = Math.max(Buffer.byteLength(address), Buffer.byteLength(`${before}@${ascii}`));
  return longest > longestAddress ? `has more than ${longestAddress} bytes` : undefined;
};

/** A sender or recipient: an address, and a name that may be empty. */
export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** Reads `Shop <orders@shop.example>`, `"Shop, Berlin" <…>`, or an address alone. It checks nothing. */
export const readMailbox = (text: string): Mailbox => {
  const match = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<>"]*?))\s*<([^<>]+)>\s*$/.exec(text);
  if (match === null) return { name: '', address: text };
  const [, quotedName, name = '', address = ''] = match;
  return { name: quotedName?.replaceAll(/\\(.)/g, '$1') ?? name, address };
};

export const whyNotMailbox = (text: string): string | undefined => {
  const { name, address } = readMailbox(text);
  if (/[\p{Cc}\p{Bidi_Control}]/u.test(name)) {
    return 'has a control character, or one that changes the direction of text, in its name';
  }
  return whyNotAddress(address);
};

/** The domain of an address that is taken, in punycode. */
export const asciiDomainOf = (address: string): string => domainToASCII(split(address)[1]);
