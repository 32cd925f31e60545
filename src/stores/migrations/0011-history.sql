-- The history of orders as one row for each order and commit: the messages that it received, and the events that they
-- led to, as JSON (sqlite-history.ts). Ids that begin with their order's id have ~ in its place (sqlite-ids.ts). What
-- was recorded before is moved here by the program (sqlite-takeover.ts); the next migration drops its tables.

-- Packed systems are bytes from here on (sqlite-packing.ts); `system` is empty where there are any. What is there stays as
-- it is until its order moves on.
ALTER TABLE orders ADD COLUMN packed BLOB;

-- Of each service a few dozen holds are kept: no query is quicker with it.
DROP INDEX holds_of_service;

DROP TRIGGER received_keeps_rows;
DROP TRIGGER received_keeps_values;
DROP TRIGGER events_keep_rows;
DROP TRIGGER events_keep_values;
DROP INDEX received_from_outside;
ALTER TABLE received RENAME TO received_before;
ALTER TABLE events RENAME TO events_before;

-- `position` is the journal position of the row's last event; the others of the row come right before it. Rows without
-- events are in no journal: their positions count down from -1, so they never meet one of an event.
-- `version` is that of the row's last message, `last_seq` that of the order's last event so far.
-- A message from outside, which may come twice, is always the first of its row; it has no id in `messages`. `message_id`
-- is its id, NULL if that is the correlation id: so it is for the first message of an order, which needs no index.
-- `messages` is a list of [actor, type, id, cause, data, others], `events` of [actor, type, cause, data, others]. A cause
-- that is a number is the place of a message in the row. What follows from the row is left out, and so is what is empty
-- at the end of an entry.
-- `personal` has the personal fields of both, which have ~0, ~1 and so on in their place; '[]' after they were erased.
CREATE TABLE history (
  position INTEGER PRIMARY KEY,
  order_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  last_seq INTEGER NOT NULL CHECK (last_seq >= 0),
  at INTEGER NOT NULL,
  message_id TEXT,
  correlation_id TEXT NOT NULL,
  messages TEXT NOT NULL,
  events TEXT,
  personal TEXT,
  UNIQUE (order_id, version, last_seq),
  CHECK (position <> 0 AND (events IS NULL) = (position < 0))
) STRICT;
CREATE UNIQUE INDEX history_from_outside ON history (order_id, message_id) WHERE message_id IS NOT NULL;
CREATE TRIGGER history_keeps_rows BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER history_keeps_values BEFORE UPDATE OF position, order_id, version, last_seq, at, message_id,
  correlation_id, messages, events ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER history_keeps_personal BEFORE UPDATE OF personal ON history WHEN NEW.personal IS NOT '[]'
BEGIN SELECT RAISE(ABORT, 'history is append-only: personal fields can only be erased'); END;

-- Values that many messages have alike (sqlite-common-values.ts): messages have ~= and the key in their place.
CREATE TABLE common_values (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER common_values_keep_rows BEFORE DELETE ON common_values
BEGIN SELECT RAISE(ABORT, 'common_values is append-only'); END;
CREATE TRIGGER common_values_keep_values BEFORE UPDATE ON common_values
BEGIN SELECT RAISE(ABORT, 'common_values is append-only'); END;

-- For reports, with the columns that these had as tables. Personal fields stay ~0, ~1 and so on, common values
-- their key.
CREATE VIEW received AS
  WITH entry AS (
    SELECT order_id, version - json_array_length(messages) + 1 + key AS version, at,
      coalesce(message_id, correlation_id) AS outside_id, messages, correlation_id, value ->> 0 AS actor, value ->> 1 AS type, value ->> 2 AS id, value ->> 3 AS cause,
      json_type(value, '$[3]') AS cause_is, coalesce(value -> 4, '{}') AS data, value -> 5 AS others
    FROM history, json_each(messages)),
  named AS (
    SELECT *, iif(cause_is = 'integer', messages ->> ('$[' || cause || '][2]'), cause) AS cause_id FROM entry)
  SELECT order_id, version,
    coalesce(iif(id GLOB '~*', iif(id GLOB '~~*', '', order_id) || substr(id, 2), id), outside_id) AS message_id,
    coalesce(others ->> 'kind', CASE WHEN id GLOB '~/calls/*/reply' THEN 'reply'
      WHEN id GLOB '~/deadlines/*' THEN 'deadline' ELSE 'message' END) AS kind,
    actor, type, data,
    coalesce(iif(cause_id GLOB '~*', iif(cause_id GLOB '~~*', '', order_id) || substr(cause_id, 2), cause_id),
      iif(cause_is = 'integer', outside_id, NULL)) AS causation_id,
    coalesce(others ->> 'correlation', correlation_id) AS correlation_id,
    coalesce(others ->> 'disposition', 'applied') AS disposition, others ->> 'reason' AS reason,
    coalesce(others ->> 'at', at) AS at, others ->> 'principal' AS principal
  FROM named;
CREATE VIEW events AS
  WITH entry AS (
    SELECT position - json_array_length(events) + 1 + key AS position, order_id,
      last_seq - json_array_length(events) + 1 + key AS seq, at,
      coalesce(message_id, correlation_id) AS outside_id, messages, correlation_id,
      value ->> 0 AS actor, value ->> 1 AS type, value ->> 2 AS cause, json_type(value, '$[2]') AS cause_is,
      coalesce(value -> 3, '{}') AS data, value -> 4 AS others
    FROM history, json_each(events)),
  named AS (
    SELECT *, coalesce(others ->> 'id', '~/events/' || seq) AS id,
      iif(cause_is = 'integer', messages ->> ('$[' || cause || '][2]'), cause) AS cause_id
    FROM entry)
  SELECT position, order_id, seq,
    iif(id GLOB '~*', iif(id GLOB '~~*', '', order_id) || substr(id, 2), id) AS event_id,
    actor, type, coalesce(others ->> 'schemaVersion', 1) AS schema_version, data,
    coalesce(iif(cause_id GLOB '~*', iif(cause_id GLOB '~~*', '', order_id) || substr(cause_id, 2), cause_id),
      outside_id) AS causation_id,
    coalesce(others ->> 'correlation', correlation_id) AS correlation_id,
    coalesce(others ->> 'at', at) AS at
  FROM named;

-- The last order, by id, whose history was moved.
CREATE TABLE history_progress (order_id TEXT NOT NULL) STRICT;
