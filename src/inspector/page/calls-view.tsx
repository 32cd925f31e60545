// Every call of an order to a service, try by try, with what came back; and whether the order waits for a service that is not
// called now.
import { useEffect, useState } from 'react';
import type { ApplicationInfo, Point } from '../server/protocol.ts';
import { Link } from './addresses.tsx';
import { toDuration, toPreciseClock } from './formats.ts';
import { useNow } from './live.ts';
import { type Call, countTries, type Service, toHeldText, toOutcome } from './service-words.ts';
import { useServices } from './services.ts';
import { ask, toRefusal } from './session.ts';

const page = 100;
/** The calls are read off a replay: a busy order's are not read with each of its messages. */
const settleMs = 300;
/** Pause before a retry while the server is busy, or does not answer. */
const retryMs = 1000;

interface Answer {
  readonly calls: readonly Call[];
  readonly next: string | null;
}

/** All calls so far, page by page. Undefined: this application has no such list. */
const readCalls = async (orderId: string, signal: AbortSignal): Promise<readonly Call[] | undefined> => {
  const calls: Call[] = [];
  for (let after: string | null = '0'; after !== null; ) {
    const path = `/orders/${encodeURIComponent(orderId)}/calls?after=${after}&limit=${page}`;
    const response = await ask(path, { signal });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(await toRefusal(response));
    const answer: Answer = await response.json();
    calls.push(...answer.calls);
    after = answer.next;
  }
  return calls;
};

/** Read again when the order has another `version`. */
const useCalls = (orderId: string, version: number) => {
  const [calls, setCalls] = useState<readonly Call[]>();
  const [problem, setProblem] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new `version` means that there may be more
  useEffect(() => {
    const unmounting = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      try {
        setCalls(await readCalls(orderId, unmounting.signal));
        setProblem(undefined);
      } catch (error) {
        if (unmounting.signal.aborted) return;
        setProblem(error instanceof TypeError ? 'The service does not answer.' : String(error));
        timer = setTimeout(load, retryMs);
      }
    };
    timer = setTimeout(load, settleMs);
    return () => {
      clearTimeout(timer);
      unmounting.abort();
    };
  }, [orderId, version]);
  return { calls, problem };
};

type View = Point['view'];

/** The services that `view` waits for and that are not called as always. */
const useHeld = (view: View) => {
  const now = useNow(2000);
  const services = useServices(view.calls.length === 0 ? 'once' : now) ?? [];
  return services.filter(
    ({ name, held }) => held !== null && view.calls.some(({ service }) => service === name),
  );
};

export const WaitsForHeld = ({ view }: { view: View }) => {
  const held = useHeld(view);
  const now = useNow();
  return held.map((service) => (
    <p key={service.name} className="held">
      This order waits for <Link to="/inspector/services">{service.name}</Link>. {toHeldText(service, now)}
    </p>
  ));
};

const Row = ({
  call,
  count,
  words,
  held,
}: {
  call: Call;
  count: number;
  words: Words;
  held: readonly Service[];
}) => {
  const now = useNow(1000);
  const { number, service, command, key, decidedAt, reply } = call;
  const isOpen = reply === null && call.droppedAt === null;
  return (
    <tr className={isOpen ? 'open' : ''}>
      <td>{number}</td>
      <td>
        <code>{toPreciseClock(Date.parse(decidedAt))}</code>
      </td>
      <td>
        {words[command] ?? service} <code title={`idempotency key ${key}`}>{command}</code>
        {count > 1 && <span className="quiet"> try {count}</span>}
      </td>
      <td>
        {toOutcome(call, words, held, now)} {reply && <code>{reply.type}</code>}
      </td>
      <td className="end">{reply && toDuration(Date.parse(reply.at) - Date.parse(decidedAt))}</td>
    </tr>
  );
};

type Words = ApplicationInfo['words']['messages'];

/** `view`: the order as it is now. */
export const Calls = ({ view, words }: { view: View; words: Words }) => {
  const { calls, problem } = useCalls(view.id, view.version);
  const held = useHeld(view);
  const tries = countTries(calls ?? []);
  if (calls === undefined && problem === undefined) return null;
  return (
    <section className="card wide calls" aria-label="Calls">
      <h2>Calls to services</h2>
      {problem !== undefined && <p role="alert">The calls could not be read: {problem}</p>}
      {calls?.length === 0 && <p className="quiet">No calls so far</p>}
      {calls !== undefined && calls.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
        <section className="scroll" tabIndex={0} aria-label="Calls, scrolled">
          <table>
            <thead>
              <tr>
                {['', 'Decided', 'Call', 'What came back', 'After'].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {calls.map((call) => (
                <Row key={call.id} {...{ call, words, held }} count={tries.get(call.id) ?? 1} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
};
