-- The first shape of the store. Times are ms since 1970, money is in minor units, flags are 0 or 1.
-- Orders are never deleted, and one code path writes all that hangs on them (sqlite-commit.ts), so the
-- busy tables carry no foreign key to `orders`: each would cost one more look-up for every row.

CREATE TABLE orders (
  order_id TEXT PRIMARY KEY,
  version INTEGER NOT NULL CHECK (version > 0),
  last_seq INTEGER NOT NULL CHECK (last_seq >= 0),
  customer_id TEXT NOT NULL,
  state TEXT NOT NULL,
  settled INTEGER NOT NULL CHECK (settled IN (0, 1)),
  incident INTEGER NOT NULL CHECK (incident IN (0, 1)),
  chart_version TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  wake_at INTEGER,
  unreadable TEXT,
  -- Last, because it is long: counting and filtering then never touch its overflow pages.
  system TEXT NOT NULL
) STRICT;
CREATE INDEX orders_by_time ON orders (created_at, order_id);
-- Also counts the orders by state (`figures`) without reading the table.
CREATE INDEX orders_by_state ON orders (state, created_at, order_id);
CREATE INDEX orders_of_customer ON orders (customer_id, created_at, order_id);
CREATE INDEX orders_unsettled ON orders (created_at, order_id) WHERE settled = 0;
CREATE INDEX orders_with_incident ON orders (created_at, order_id)
  WHERE (incident = 1 OR unreadable IS NOT NULL);
CREATE INDEX orders_waking ON orders (wake_at) WHERE wake_at IS NOT NULL AND unreadable IS NULL;
CREATE INDEX orders_unreadable ON orders (order_id) WHERE unreadable IS NOT NULL;

CREATE TABLE received (
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
  PRIMARY KEY (order_id, version),
  UNIQUE (order_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER received_keeps_rows BEFORE DELETE ON received
BEGIN SELECT RAISE(ABORT, 'received is append-only'); END;
CREATE TRIGGER received_keeps_values BEFORE UPDATE ON received
BEGIN SELECT RAISE(ABORT, 'received is append-only'); END;

CREATE TABLE events (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
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
CREATE TRIGGER events_keep_rows BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER events_keep_values BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;

-- `sequence` is the order in which calls were decided: the oldest are claimed first.
CREATE TABLE calls (
  sequence INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL UNIQUE,
  order_id TEXT NOT NULL,
  service TEXT NOT NULL,
  actor TEXT NOT NULL,
  command TEXT NOT NULL,
  causation_id TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  key_first_used_at INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  order_id TEXT NOT NULL,
  status INTEGER NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT;
