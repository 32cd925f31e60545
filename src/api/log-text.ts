// What the log may say of an unexpected error: its stack, without the addresses of people that its message may quote. It
// reads no other property of the error.

const addressLike = /[^\s"'<>]+@[^\s"'<>]+/g;
const frame = /^ +at /;

/** Paths in stack frames may look like addresses (`node_modules/@fastify/…`); what is in the message is never a frame. */
export const toLogText = (error: unknown): string => {
  if (!(error instanceof Error)) return redactAddresses(String(error));
  const { message, stack = message } = error;
  const start = stack.indexOf(message);
  const end = start === -1 ? stack.length : start + message.length;
  const frames = stack
    .slice(end)
    .split('\n')
    .map((line) => (frame.test(line) ? line : redactAddresses(line)));
  return redactAddresses(stack.slice(0, end)) + frames.join('\n');
};

const redactAddresses = (text: string): string => text.replaceAll(addressLike, '[e-mail]');
