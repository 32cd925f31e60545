// The live connection: server-sent events, resumed by the browser behind the last one that it has. It says
// whether what is shown is live, late, or from before the connection broke.
import { useEffect, useRef, useState } from 'react';
import type { Chart, FlowFrame, Point, Sample } from '../shapes.ts';

export type Connection = 'connecting' | 'live' | 'behind' | 'offline';

/** Without a word for so long the page is behind. */
const lateMs = 3500;
const keptSamples = 3600;

type Hear = Readonly<Record<string, (data: string) => void>>;

const useStream = (address: string, hear: Hear): Connection => {
  const [connection, setConnection] = useState<Connection>('connecting');
  const hearing = useRef(hear);
  hearing.current = hear;
  const names = Object.keys(hear).join();
  useEffect(() => {
    const source = new EventSource(address);
    let late: ReturnType<typeof setTimeout> | undefined;
    const touch = (): void => {
      setConnection('live');
      clearTimeout(late);
      late = setTimeout(() => setConnection('behind'), lateMs);
    };
    for (const name of names.split(',')) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        touch();
        hearing.current[name]?.(data);
      });
    }
    source.onerror = () => {
      clearTimeout(late);
      setConnection('offline');
    };
    return () => {
      clearTimeout(late);
      source.close();
    };
  }, [address, names]);
  return connection;
};

/** The flow of all orders, or of those that `filter` (the query of an address) lets through. */
export const useFlow = (filter: string) => {
  const [frame, setFrame] = useState<FlowFrame>();
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const connection = useStream(`/inspector/api/live${filter === '' ? '' : `?${filter}`}`, {
    samples: (data) => {
      const missed: Sample[] = JSON.parse(data);
      setSamples((known) => {
        const last = known.at(-1)?.at ?? 0;
        return [...known, ...missed.filter(({ at }) => at > last)].slice(-keptSamples);
      });
    },
    flow: (data) => {
      const next: FlowFrame = JSON.parse(data);
      setFrame(next);
      setSamples((known) => [...known.slice(1 - keptSamples), next.sample]);
    },
  });
  return { frame, samples, connection };
};

/** One order's timeline so far, and on. `offset`: the server's clock less ours, in ms. */
export const useTimeline = (orderId: string) => {
  const [points, setPoints] = useState<readonly Point[]>([]);
  const [offset, setOffset] = useState(0);
  const [broken, setBroken] = useState<string>();
  const waiting = useRef<Point[]>([]);
  const connection = useStream(`/inspector/api/orders/${encodeURIComponent(orderId)}/live`, {
    point: (data) => {
      waiting.current.push(JSON.parse(data));
    },
    now: (data) => {
      const { at }: { at: number } = JSON.parse(data);
      setOffset(at - Date.now());
      if (waiting.current.length === 0) return;
      const news = waiting.current;
      waiting.current = [];
      setPoints((known) => {
        const last = known.at(-1)?.version ?? 0;
        return [...known, ...news.filter(({ version }) => version > last)];
      });
    },
    broken: (data) => {
      const { reason }: { reason: string } = JSON.parse(data);
      setBroken(reason);
    },
  });
  return { points, offset, broken, connection };
};

let charts: Promise<readonly Chart[]> | undefined;
const readCharts = async (): Promise<readonly Chart[]> => {
  const response = await fetch('/inspector/api/charts');
  return response.json();
};

/** The charts that run; they are read once. */
export const useCharts = (): readonly Chart[] => {
  const [known, setKnown] = useState<readonly Chart[]>([]);
  useEffect(() => {
    charts ??= readCharts();
    charts.then(setKnown, () => {
      charts = undefined;
    });
  }, []);
  return known;
};

/** Reads an address again whenever `when` changes. */
export const useAnswer = <T>(address: string, when: unknown): T | undefined => {
  const [answer, setAnswer] = useState<T>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `when` says that there may be news
  useEffect(() => {
    const leaving = new AbortController();
    fetch(address, { signal: leaving.signal })
      .then((response) => response.json())
      .then(setAnswer)
      .catch(() => {});
    return () => leaving.abort();
  }, [address, when]);
  return answer;
};

/** The time, every so often: for countdowns. */
export const useNow = (everyMs = 1000): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
};
