-- The history of orders, smaller. Ids that begin with their order's id are kept with ~ in its place
-- (sqlite-ids.ts). `received` was sorted by order inside the table: its rows are longer than a quarter of a page,
-- so each order's first message took a page of its own, and every commit wrote pages in the middle of the table
-- again. Now messages are appended, as events are. Only what comes from outside (it has no cause) can come twice
-- with one id; the reply to a call and a deadline are there once.

CREATE TABLE received_2 (
  position INTEGER PRIMARY KEY,
  order_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  message_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  causation_id TEXT,
  correlation_id TEXT NOT NULL,
  disposition TEXT NOT NULL CHECK (disposition IN ('applied', 'ignored', 'dead')),
  reason TEXT,
  at INTEGER NOT NULL,
  UNIQUE (order_id, version)
) STRICT;
INSERT INTO received_2 (order_id, version, message_id, actor, type, data, causation_id, correlation_id,
    disposition, reason, at)
  SELECT order_id, version,
    iif(substr(message_id, 1, length(order_id) + 1) = order_id || '/', '~' || substr(message_id, length(order_id) + 1),
      iif(substr(message_id, 1, 1) = '~', '~' || message_id, message_id)),
    actor, type, data,
    iif(substr(causation_id, 1, length(order_id) + 1) = order_id || '/', '~' || substr(causation_id, length(order_id) + 1),
      iif(substr(causation_id, 1, 1) = '~', '~' || causation_id, causation_id)),
    correlation_id, disposition, reason, at
  FROM received ORDER BY at, order_id, version;
DROP TABLE received;
ALTER TABLE received_2 RENAME TO received;
CREATE UNIQUE INDEX received_from_outside ON received (order_id, message_id) WHERE causation_id IS NULL;
CREATE TRIGGER received_keeps_rows BEFORE DELETE ON received
BEGIN SELECT RAISE(ABORT, 'received is append-only'); END;
CREATE TRIGGER received_keeps_values BEFORE UPDATE ON received
BEGIN SELECT RAISE(ABORT, 'received is append-only'); END;

-- Events are never deleted, so the next position is the last one and one more: AUTOINCREMENT would write that down
-- in a table of its own at every commit.
CREATE TABLE events_2 (
  position INTEGER PRIMARY KEY,
  order_id TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq > 0),
  event_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  type TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  data TEXT NOT NULL,
  causation_id TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (order_id, seq)
) STRICT;
INSERT INTO events_2 (position, order_id, seq, event_id, actor, type, schema_version, data, causation_id,
    correlation_id, at)
  SELECT position, order_id, seq,
    iif(substr(event_id, 1, length(order_id) + 1) = order_id || '/', '~' || substr(event_id, length(order_id) + 1),
      iif(substr(event_id, 1, 1) = '~', '~' || event_id, event_id)),
    actor, type, schema_version, data,
    iif(substr(causation_id, 1, length(order_id) + 1) = order_id || '/',
      '~' || substr(causation_id, length(order_id) + 1),
      iif(substr(causation_id, 1, 1) = '~', '~' || causation_id, causation_id)),
    correlation_id, at
  FROM events ORDER BY position;
DROP TABLE events;
ALTER TABLE events_2 RENAME TO events;
CREATE TRIGGER events_keep_rows BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER events_keep_values BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
