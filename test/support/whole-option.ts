// An option of a command that is a whole number. Anything else ends the command with what is expected, before it does anything.

/** `text`: what the command line says for `--name`. Exit code 2 unless it is a whole number from 0. */
export const toWholeOption = (name: string, text: string): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  console.error(`Invalid --${name}=${text}: expected a whole number. See --help.`);
  process.exit(2);
};
