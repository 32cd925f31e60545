// What the records of any order must show: numbered without gaps, nothing taken twice, nothing lost, the row as its
// system, and something that will wake it while it is in progress.
import type { Application } from '../application.ts';
import type { AuditedOrder, Results } from '../audit.ts';
import type { OrderRecords } from '../audit-source.ts';
import { nextDueAt } from '../step/snapshot.ts';
import type { SystemState } from '../step/system-state.ts';
import { hasIncident, isSettled, toMainState } from '../step/view.ts';
import type { EngineCheck } from './checks.ts';

type EngineResults = Results<EngineCheck>;

/** Rows of an order that does not exist. */
export const checkOrphan = (
  { orderId, received, events, calls }: OrderRecords,
  results: EngineResults,
): void => {
  if (received.length + events.length > 0) {
    const traces = `${received.length} messages, ${events.length} events`;
    results.violate('gaplessHistory', orderId, `there is no such order, and it has ${traces}`);
  }
  if (calls.length > 0) {
    results.violate('callsMatchSystem', orderId, `${calls.length} calls of an order that does not exist`);
  }
};

export const checkHistory = (
  application: Application,
  audited: AuditedOrder,
  results: EngineResults,
): void => {
  checkNumbers(audited, results);
  checkReceivedOnce(audited, results);
  checkDispositions(audited, results);
  checkProgress(audited, results);
  if (audited.state) checkRow(application, audited, audited.state, results);
};

const checkNumbers = (
  { orderId, order, messages, events, state }: AuditedOrder,
  results: EngineResults,
): void => {
  results.count('gaplessHistory', messages.length + events.length);
  const report = (problem: string) => results.violate('gaplessHistory', orderId, problem);
  const gap = messages.findIndex(({ version }, index) => version !== index + 1);
  if (gap >= 0) report(`message ${gap + 1} is missing or there twice (next is ${messages[gap]?.version})`);
  else if (messages.length !== order.version) {
    report(`it has ${messages.length} messages and version ${order.version}`);
  }
  const hole = events.findIndex(({ seq }, index) => seq !== index + 1);
  if (hole >= 0) report(`event ${hole + 1} is missing or there twice (next is ${events[hole]?.seq})`);
  else if (events.length !== order.lastSeq) {
    report(`it has ${events.length} events, and its last number is ${order.lastSeq}`);
  }
  const back = events.findIndex(({ position }, index) => position <= (events[index - 1]?.position ?? 0));
  if (back >= 0) report(`event ${back + 1} comes before event ${back} in the journal`);
  if (state && (state.version !== order.version || state.events !== order.lastSeq)) {
    report(`its system is of version ${state.version} and event ${state.events}`);
  }
};

const checkReceivedOnce = ({ orderId, messages }: AuditedOrder, results: EngineResults): void => {
  const seen = new Set<string>();
  for (const { messageId, version } of messages) {
    results.expect(
      'receivedOnce',
      orderId,
      !seen.has(messageId),
      () => `message ${version} was taken before`,
    );
    seen.add(messageId);
  }
};

const checkDispositions = ({ orderId, messages, eventsOf }: AuditedOrder, results: EngineResults): void => {
  const opened = eventsOf('incident.opened');
  for (const { version, type, disposition, reason, messageId } of messages) {
    results.count('dispositionRecorded');
    const report = (problem: string) =>
      results.violate('dispositionRecorded', orderId, `message ${version} (${type}) ${problem}`);
    if (!['applied', 'ignored', 'dead'].includes(disposition)) report(`is ${disposition}`);
    if (disposition === 'applied' && reason !== null) report('was applied, and has a reason');
    if (disposition !== 'applied' && !reason) report(`is ${disposition} without a reason`);
    if (disposition === 'dead' && !opened.some(({ causationId }) => causationId === messageId)) {
      report('was quarantined without an incident');
    }
  }
};

const checkProgress = (
  { orderId, order, pendingCalls, state }: AuditedOrder,
  results: EngineResults,
): void => {
  const settled = state ? isSettled(state) : order.settled;
  const deadlines = state ? state.deadlines.size : Number(order.wakeAt !== null);
  if (settled) {
    const problem = () => `it is settled and has ${deadlines} deadlines`;
    results.expect('settledIsQuiet', orderId, deadlines === 0, problem);
    return;
  }
  const incident = order.unreadable !== null || (state ? hasIncident(state) : order.incident);
  const waits = incident || deadlines > 0 || pendingCalls.length > 0;
  results.expect('nothingStuck', orderId, waits, () => `it is ${order.state}, and nothing will move it`);
};

const checkRow = (
  application: Application,
  { orderId, order }: AuditedOrder,
  state: SystemState,
  results: EngineResults,
): void => {
  const columns: readonly (readonly [name: string, row: unknown, system: unknown])[] = [
    ['owner', order.owner, application.ownerOf(state)],
    ['state', order.state, toMainState(application, state)],
    ['settled flag', order.settled, isSettled(state)],
    ['incident flag', order.incident, hasIncident(state)],
    ['time of creation', order.createdAt, state.createdAt],
    ['time of its last change', order.updatedAt, state.updatedAt],
    ['next deadline', order.wakeAt, nextDueAt(state)],
  ];
  results.count('rowMatchesSystem');
  for (const [name, row, system] of columns) {
    if (row === system) continue;
    results.violate('rowMatchesSystem', orderId, `the ${name} in its row is not that of its system`);
  }
};
