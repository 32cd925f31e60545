import { addEvent, copyRow, type Damage, describeDamage, setSystem, useHealthyStore } from './damage.ts';

const healthy = useHealthyStore();

const history: readonly Damage[] = [
  [
    'stateIsFold',
    'good-1',
    'its messages give another actors.payment.context.tries',
    setSystem('good-1', '$.actors.payment.context.tries', '7'),
  ],
  [
    'stateIsFold',
    'good-1',
    'event 1 (order.created) is stored with other data',
    "UPDATE events SET data = json_set(data, '$.amount', 1) WHERE order_id = 'good-1' AND seq = 1",
  ],
  [
    'stateIsFold',
    'good-1',
    'event 2 is order.failed, and should be order.validated',
    "UPDATE events SET type = 'order.failed' WHERE order_id = 'good-1' AND seq = 2",
  ],
  [
    'stateIsFold',
    'good-1',
    'event 2 (order.validated) is stored with another id, actor, cause or time',
    "UPDATE events SET at = at + 1 WHERE order_id = 'good-1' AND seq = 2",
  ],
  ['stateIsFold', 'good-1', 'results from no message', addEvent('good-1', 'order.validated')],
  [
    'stateIsFold',
    'good-1',
    'is missing',
    "DELETE FROM events WHERE order_id = 'good-1' AND type = 'order.completed'",
  ],
  [
    'stateIsFold',
    'good-1',
    'is recorded as ignored, and would be applied',
    "UPDATE received SET disposition = 'ignored', reason = 'no' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'stateIsFold',
    'good-1',
    'is recorded with another version, id, actor or cause',
    "UPDATE received SET correlation_id = 'other' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'stateIsFold',
    'good-1',
    'answers a call that was not pending',
    "UPDATE received SET message_id = 'good-1/calls/9.9/reply' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'stateIsFold',
    'good-1',
    'message 2 (warehouse.checked) is recorded as a rumour',
    "UPDATE received SET kind = 'rumour' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'gaplessHistory',
    'good-1',
    'message 3 is missing',
    "DELETE FROM received WHERE order_id = 'good-1' AND version = 3",
  ],
  [
    'gaplessHistory',
    'good-1',
    'it has 6 messages and version 7',
    "UPDATE orders SET version = 7 WHERE order_id = 'good-1'",
  ],
  [
    'gaplessHistory',
    'good-1',
    'event 4 is missing',
    "DELETE FROM events WHERE order_id = 'good-1' AND seq = 4",
  ],
  [
    'gaplessHistory',
    'good-1',
    'events, and its last number is 99',
    "UPDATE orders SET last_seq = 99 WHERE order_id = 'good-1'",
  ],
  [
    'gaplessHistory',
    'good-1',
    'event 2 comes before event 1',
    "UPDATE events SET position = 9999 WHERE order_id = 'good-1' AND seq = 1",
  ],
  ['gaplessHistory', 'good-1', 'its system is of version 9', setSystem('good-1', '$.version', '9')],
  ['gaplessHistory', 'good-1', 'there is no such order', "DELETE FROM orders WHERE order_id = 'good-1'"],
  [
    'gaplessHistory',
    'good-1',
    'the data of message 2 is not a JSON object',
    "UPDATE received SET data = '{' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'receivedOnce',
    'good-1',
    'message 6 was taken before',
    "UPDATE received SET message_id = (SELECT message_id FROM received WHERE order_id = 'good-1' AND version = 5) WHERE order_id = 'good-1' AND version = 6",
  ],
  [
    'dispositionRecorded',
    'good-1',
    'is lost',
    "UPDATE received SET disposition = 'lost' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'dispositionRecorded',
    'good-1',
    'was applied, and has a reason',
    "UPDATE received SET reason = 'because' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'dispositionRecorded',
    'good-2',
    'is ignored without a reason',
    "UPDATE received SET reason = NULL WHERE order_id = 'good-2' AND disposition = 'ignored'",
  ],
  [
    'dispositionRecorded',
    'good-1',
    'was quarantined without an incident',
    "UPDATE received SET disposition = 'dead', reason = 'it broke' WHERE order_id = 'good-1' AND version = 2",
  ],
  [
    'moneyNotIgnored',
    'good-2',
    'is money, and was ignored',
    "UPDATE events SET type = 'payment.authorized' WHERE order_id = 'good-2' AND type = 'payment.completed'",
  ],
];

const waiting: readonly Damage[] = [
  ['callsMatchSystem', 'silent-moving', 'is waited for, and will not be made', 'DELETE FROM calls'],
  [
    'callsMatchSystem',
    'silent-moving',
    'nothing waits for it',
    copyRow('calls', 'true', { sequence: '99', call_id: "'more'" }),
  ],
  [
    'callsMatchSystem',
    'silent-moving',
    'is not as it was decided',
    "UPDATE calls SET command = json_set(command, '$.amount', 1)",
  ],
  ['callsMatchSystem', 'silent-moving', 'is not as it was decided', 'UPDATE calls SET key_first_used_at = 1'],
  [
    'callsMatchSystem',
    'silent-moving',
    'calls of an order that does not exist',
    "DELETE FROM orders WHERE order_id = 'silent-moving'",
  ],
  [
    'rowMatchesSystem',
    'silent-moving',
    'next deadline',
    "UPDATE orders SET wake_at = NULL WHERE order_id = 'silent-moving'",
  ],
  [
    'rowMatchesSystem',
    'silent-moving',
    'next deadline',
    "UPDATE orders SET wake_at = wake_at + 1 WHERE order_id = 'silent-moving'",
  ],
  [
    'rowMatchesSystem',
    'good-1',
    'the state in its row',
    "UPDATE orders SET state = 'failed' WHERE order_id = 'good-1'",
  ],
  [
    'rowMatchesSystem',
    'good-1',
    'the settled flag in its row',
    "UPDATE orders SET settled = 0 WHERE order_id = 'good-1'",
  ],
  [
    'rowMatchesSystem',
    'good-1',
    'the incident flag in its row',
    "UPDATE orders SET incident = 1 WHERE order_id = 'good-1'",
  ],
  [
    'rowMatchesSystem',
    'good-1',
    'the owner in its row',
    "UPDATE orders SET owner = 'me' WHERE order_id = 'good-1'",
  ],
  [
    'rowMatchesSystem',
    'good-1',
    'the time of creation',
    "UPDATE orders SET created_at = 1 WHERE order_id = 'good-1'",
  ],
  [
    'rowMatchesSystem',
    'good-1',
    'the time of its last change',
    "UPDATE orders SET updated_at = 1 WHERE order_id = 'good-1'",
  ],
  [
    'rowMatchesSystem',
    'good-1',
    'cannot be read',
    "UPDATE orders SET system = '{}' WHERE order_id = 'good-1'",
  ],
  [
    'settledIsQuiet',
    'good-1',
    'it is settled and has 2 deadlines',
    `UPDATE orders SET system = json_set(system, '$.deadlines', (SELECT json_extract(system, '$.deadlines')
       FROM orders WHERE order_id = 'good-authorized')) WHERE order_id = 'good-1'`,
  ],
  [
    'deadlinesOnTime',
    'flaky-1',
    'ms before it was due',
    "UPDATE received SET at = at - 5000 WHERE order_id = 'flaky-1' AND message_id LIKE '%/deadlines/%'",
  ],
  [
    'deadlinesOnTime',
    'good-1',
    'fired although it was no longer set',
    "UPDATE received SET kind = 'deadline' WHERE order_id = 'good-1' AND version = 6",
  ],
  [
    'nothingStuck',
    'silent-moving',
    'nothing will move it',
    'DELETE FROM calls',
    setSystem('silent-moving', '$.calls', "json('{}')"),
    setSystem('silent-moving', '$.deadlines', "json('{}')"),
  ],
];

describeDamage('history', healthy, history);
describeDamage('what is waited for', healthy, waiting);
