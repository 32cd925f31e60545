// Calls to services, as any application makes them: the outbox is what the system waits for, and each idempotency key
// stands for one command to its service. What a service did is for the application to check.
import { type Application, versionsOf } from '../application.ts';
import type { AuditedOrder, Results } from '../audit.ts';
import type { Fields } from '../audit-source.ts';
import type { SystemState } from '../step/system-state.ts';
import type { EngineCheck } from './checks.ts';
import { isStoredAs } from './json.ts';

type EngineResults = Results<EngineCheck>;

export const checkCalls = (application: Application, audited: AuditedOrder, results: EngineResults): void => {
  if (audited.state) checkOutbox(audited, audited.state, results);
  checkKeyForm(application, audited, results);
  checkKeyMeanings(application, audited, results);
};

const checkOutbox = (
  { orderId, pendingCalls, calls }: AuditedOrder,
  state: SystemState,
  results: EngineResults,
): void => {
  const missing = new Map(state.calls);
  const firstUses = new Map(calls?.map(({ callId, keyFirstUsedAt }) => [callId, keyFirstUsedAt]));
  const report = (problem: string) => results.violate('callsMatchSystem', orderId, problem);
  results.count('callsMatchSystem');
  for (const row of pendingCalls) {
    const call = missing.get(row.callId);
    missing.delete(row.callId);
    if (call === undefined) {
      report(`the call ${row.callId} is to be made, and nothing waits for it`);
      continue;
    }
    const isSame =
      row.actor === call.actor &&
      row.service === call.service &&
      row.at === call.at &&
      row.causationId === call.causationId &&
      row.correlationId === state.correlationId &&
      row.keyFirstUsedAt === (firstUses.get(row.callId) ?? row.keyFirstUsedAt) &&
      isStoredAs(row.command, call.command);
    if (!isSame) report(`the call ${row.callId} is not as it was decided`);
  }
  for (const callId of missing.keys()) report(`the call ${callId} is waited for, and will not be made`);
};

/** Applications that declare no purposes may form their keys as they like. */
const checkKeyForm = (
  { messages }: Application,
  { orderId, keys }: AuditedOrder,
  results: EngineResults,
): void => {
  const purposes = Object.values(messages).flatMap(({ call }) => call?.purposes ?? []);
  if (purposes.length === 0) return;
  for (const key of keys.keys()) {
    const [purpose = '', ...number] = key.startsWith(`${orderId}/`)
      ? key.slice(orderId.length + 1).split('/')
      : [];
    const isFormed = purposes.includes(purpose) && number.length === 1 && number[0] !== '';
    const problem = () => `the key ${key} is not ORDER/purpose/number`;
    results.expect('callKeysStable', orderId, isFormed, problem);
  }
};

/**
 * Under one key the same command is sent to a service, however often; one that only reads asks about it. Commands are compared in the
 * words of today: an order that was moved to other charts goes on under its keys in other words.
 */
const checkKeyMeanings = (
  application: Application,
  { orderId, calls = [] }: AuditedOrder,
  results: EngineResults,
): void => {
  const { messages } = application;
  const versions = versionsOf(application);
  const meanings = new Map<string, Fields>();
  for (const { service, command: said, chartVersion } of calls) {
    const command = versions.get(chartVersion)?.translator?.fromCharts(said) ?? said;
    if (messages[command.type]?.call?.readsOnly) continue;
    // Another service may have the same key for its own part, as gateway and mailer have for a refund.
    const place = `${service} ${command.key}`;
    const known = meanings.get(place);
    meanings.set(place, command);
    if (known === undefined) continue;
    const isSame = isStoredAs(JSON.stringify({ ...known, attempt: command['attempt'] }), command);
    results.expect('callKeysStable', orderId, isSame, () => `the key ${command.key} stands for two commands`);
  }
};
