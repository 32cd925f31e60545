// Keeps a number of things under way until so many are done, and notes how long each took. It is the load of
// every run: closed-loop, so that a slow service is asked less, and nothing queues up outside of it.

export const keepInFlight = async (
  inFlight: number,
  total: number,
  perform: (number: number) => Promise<void>,
): Promise<readonly number[]> => {
  const took: number[] = [];
  let started = 0;
  const work = async () => {
    while (started < total) {
      started += 1;
      const startedAt = performance.now();
      await perform(started);
      took.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, total) }, work));
  return took;
};
