// What an order's own records must say: numbered without gaps, nothing taken twice, nothing vanished, the row
// as its system, and something that will wake it while it moves.
import type { Dossier } from '../evidence.ts';
import { nextDueAt, type SystemState } from '../step/snapshot.ts';
import { hasIncident, isSettled, toTopState } from '../step/view.ts';
import type { Facts } from './facts.ts';
import { saysSame } from './json.ts';
import type { Tally } from './tally.ts';

/** Rows of an order that is not there. */
export const checkOrphan = (
  { orderId, received, events, calls, reservations }: Dossier,
  tally: Tally,
): void => {
  const traces = `${received.length} messages, ${events.length} events`;
  tally.expect('gapless', orderId, false, () => `there is no such order, and it has ${traces}`);
  if (calls.length > 0)
    tally.violate('calls', orderId, `${calls.length} calls of an order that is not there`);
  if (reservations.some(({ status }) => status === 'held')) {
    tally.violate('dangling', orderId, 'stock is held for an order that is not there');
  }
};

export const checkHistory = (facts: Facts, tally: Tally): void => {
  checkNumbers(facts, tally);
  checkOnce(facts, tally);
  checkDispositions(facts, tally);
  checkProgress(facts, tally);
  if (facts.state) {
    checkRow(facts, facts.state, tally);
    checkCalls(facts, facts.state, tally);
  }
};

const checkNumbers = ({ orderId, order, messages, events, state }: Facts, tally: Tally): void => {
  tally.look('gapless', messages.length + events.length);
  const report = (problem: string) => tally.violate('gapless', orderId, problem);
  const gap = messages.findIndex(({ version }, index) => version !== index + 1);
  if (gap >= 0) report(`message ${gap + 1} is missing or there twice (next is ${messages[gap]?.version})`);
  else if (messages.length !== order.version) {
    report(`it has ${messages.length} messages and says version ${order.version}`);
  }
  const hole = events.findIndex(({ seq }, index) => seq !== index + 1);
  if (hole >= 0) report(`event ${hole + 1} is missing or there twice (next is ${events[hole]?.seq})`);
  else if (events.length !== order.lastSeq) {
    report(`it has ${events.length} events and says ${order.lastSeq}`);
  }
  const back = events.findIndex(({ position }, index) => position <= (events[index - 1]?.position ?? 0));
  if (back >= 0) report(`event ${back + 1} comes before event ${back} in the journal`);
  if (state && (state.version !== order.version || state.events !== order.lastSeq)) {
    report(`its system is of version ${state.version} and event ${state.events}`);
  }
};

const checkOnce = ({ orderId, messages }: Facts, tally: Tally): void => {
  const seen = new Set<string>();
  for (const { messageId, version } of messages) {
    tally.expect('once', orderId, !seen.has(messageId), () => `message ${version} was taken before`);
    seen.add(messageId);
  }
};

const checkDispositions = ({ orderId, messages, eventsOf }: Facts, tally: Tally): void => {
  const opened = eventsOf('incident.opened');
  const isPaid = eventsOf('payment.completed').length > 0;
  for (const { version, type, disposition, reason, messageId } of messages) {
    tally.look('dispositions');
    const name = `message ${version} (${type})`;
    const report = (problem: string) => tally.violate('dispositions', orderId, `${name} ${problem}`);
    if (!['applied', 'ignored', 'dead'].includes(disposition)) report(`is ${disposition}`);
    if (disposition === 'applied' && reason !== null) report('was applied, and has a reason');
    if (disposition !== 'applied' && !reason) report(`is ${disposition} without a reason`);
    if (disposition === 'dead' && !opened.some(({ causationId }) => causationId === messageId)) {
      report('was set aside without an incident');
    }
    if (disposition === 'ignored' && type === 'gateway.charged' && !isPaid)
      report('is money, and was ignored');
  }
};

const checkProgress = ({ orderId, order, dossier, state }: Facts, tally: Tally): void => {
  const settled = state ? isSettled(state) : order.settled;
  const deadlines = state ? state.deadlines.size : Number(order.wakeAt !== null);
  if (settled) {
    tally.expect('atRest', orderId, deadlines === 0, () => `it is settled and has ${deadlines} deadlines`);
    return;
  }
  const incident = order.unreadable !== null || (state ? hasIncident(state) : order.incident);
  const waits = incident || deadlines > 0 || dossier.calls.length > 0;
  tally.expect('progress', orderId, waits, () => `it is ${order.state}, and nothing will move it`);
};

const checkRow = ({ orderId, order }: Facts, state: SystemState, tally: Tally): void => {
  const chart = state.actors.get('order')?.snapshot;
  const columns: readonly (readonly [name: string, row: unknown, system: unknown])[] = [
    ['customer', order.customerId, chart?.context.customerId],
    ['state', order.state, chart && toTopState(chart)],
    ['settled', order.settled, isSettled(state)],
    ['incident', order.incident, hasIncident(state)],
    ['time of creation', order.createdAt, state.createdAt],
    ['time of its last change', order.updatedAt, state.updatedAt],
    ['next deadline', order.wakeAt, nextDueAt(state)],
  ];
  tally.look('rows');
  for (const [name, row, system] of columns) {
    if (row === system) continue;
    tally.violate('rows', orderId, `the ${name} in its row is not that of its system`);
  }
};

const checkCalls = ({ orderId, dossier, replayed }: Facts, state: SystemState, tally: Tally): void => {
  const missing = new Map(state.calls);
  const firstUses = new Map(replayed?.calls.map(({ callId, keyFirstUsedAt }) => [callId, keyFirstUsedAt]));
  const report = (problem: string) => tally.violate('calls', orderId, problem);
  tally.look('calls');
  for (const row of dossier.calls) {
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
      saysSame(row.command, call.command);
    if (!isSame) report(`the call ${row.callId} is not as it was decided`);
  }
  for (const callId of missing.keys()) report(`the call ${callId} is waited for, and will not be made`);
};
