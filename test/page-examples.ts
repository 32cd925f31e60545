// The examples in a page of documentation: its blocks, the commands in those marked `console`, and what each is shown to print.
// It runs nothing.

export interface Example {
  readonly command: string;
  readonly output: string;
}

/** Every fenced block with its language, and the paragraph before it. */
export const findBlocks = (page: string) =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: text = '', index }) => ({
    language,
    text,
    before: page.slice(0, index).trimEnd().split('\n\n').at(-1) ?? '',
  }));

/** Every `$ command` of the console blocks, with the output that is shown below it. */
export const findExamples = (page: string): readonly Example[] =>
  findBlocks(page)
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) =>
      text
        .split(/^\$ /m)
        .filter((example) => example !== '')
        .map((example) => {
          const [command = '', ...output] = example.trimEnd().split('\n');
          return { command, output: output.join('\n') };
        }),
    );

/** The shown output as a pattern: `…` stands for what differs each time. */
export const toPattern = (shown: string): RegExp =>
  new RegExp(
    `^${shown
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*')}$`,
  );
