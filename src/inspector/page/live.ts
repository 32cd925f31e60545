// What is live, as React sees it: the flow and the timelines, and whether what is shown is live, delayed, or from before the
// connection broke.
import { useEffect, useRef, useState } from 'react';
import type { ApplicationInfo, FlowFrame, Point, Sample } from '../server/protocol.ts';
import type { Target } from './live-hub.ts';
import { read, readSession } from './session.ts';
import { subscribe } from './shared-live.ts';

export type Connection = 'connecting' | 'live' | 'delayed' | 'offline' | 'refused';

/** After so long without an event the page is delayed. */
const delayedMs = 3500;
const keptSamples = 3600;
/** Pause before what was refused is asked for again. */
const reopenMs = 5000;

type Handlers = Readonly<Record<string, (data: string) => void>>;

const useStream = (target: Target, handlers: Handlers): Connection => {
  const [connection, setConnection] = useState<Connection>('connecting');
  const current = useRef(handlers);
  current.current = handlers;
  const key = JSON.stringify(target);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = subscribe(JSON.parse(key), (event, data) => {
      clearTimeout(timer);
      if (event === 'offline' || event === 'refused') setConnection(event);
      else {
        setConnection('live');
        timer = setTimeout(() => setConnection('delayed'), delayedMs);
      }
      // A stream that broke off does not say why: perhaps the session has ended.
      if (event === 'offline') void readSession();
      current.current[event]?.(data);
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [key]);
  return connection;
};

const toReason = (data: string): string => {
  const { reason }: { reason: string } = JSON.parse(data);
  return reason;
};

/** The flow of all orders, or of those that match `filter` (the query of an address). */
export const useFlow = (filter: string) => {
  const [frame, setFrame] = useState<FlowFrame>();
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const [refusal, setRefusal] = useState<string>();
  const flow = Object.fromEntries(new URLSearchParams(filter));
  const connection = useStream(
    { flow },
    {
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
      refused: (data) => setRefusal(toReason(data)),
    },
  );
  return { frame, samples, connection, refusal };
};

/** One order's timeline, live. `offset`: the server's clock minus this one, in ms. */
export const useTimeline = (orderId: string) => {
  const [points, setPoints] = useState<readonly Point[]>([]);
  const [offset, setOffset] = useState(0);
  const [broken, setBroken] = useState<string>();
  const waiting = useRef<Point[]>([]);
  const connection = useStream(
    { order: orderId },
    {
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
          // When another tab opens the order, its points come once more.
          const all = [...known];
          for (const point of news) if (point.version > (all.at(-1)?.version ?? 0)) all.push(point);
          return all;
        });
      },
      broken: (data) => setBroken(toReason(data)),
      refused: (data) => setBroken(toReason(data)),
    },
  );
  return { points, offset, broken, connection };
};

let info: Promise<ApplicationInfo | undefined> | undefined;

/** What is run, with its charts; it is read once. */
export const useApplication = (): ApplicationInfo | undefined => {
  const [known, setKnown] = useState<ApplicationInfo>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      info ??= read('/inspector/api/application');
      const answer = await info.catch(() => undefined);
      setKnown(answer);
      if (answer !== undefined) return;
      info = undefined;
      timer = setTimeout(load, reopenMs);
    };
    void load();
    return () => clearTimeout(timer);
  }, []);
  return known;
};

/** Reads an address, again whenever `version` changes. */
export const useAnswer = <T>(address: string, version: unknown): T | undefined => {
  const [answer, setAnswer] = useState<T>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new `version` means that there may be changes
  useEffect(() => {
    const unmounting = new AbortController();
    read<T>(address, unmounting.signal)
      .then(setAnswer)
      .catch(() => {});
    return () => unmounting.abort();
  }, [address, version]);
  return answer;
};

/** The time, updated for countdowns. */
export const useNow = (everyMs = 1000): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
};
