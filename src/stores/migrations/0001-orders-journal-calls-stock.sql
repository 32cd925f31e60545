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

-- on_hand: in the building and not sold; held: promised, still in the building; sold: since the beginning.
CREATE TABLE products (
  product_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
  currency TEXT NOT NULL,
  on_hand INTEGER NOT NULL,
  held INTEGER NOT NULL CHECK (held >= 0),
  sold INTEGER NOT NULL CHECK (sold >= 0),
  CHECK (held <= on_hand)
) STRICT, WITHOUT ROWID;

-- No foreign key to `orders`: stock is held before the order that it is held for is written.
CREATE TABLE reservations (
  order_id TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('held', 'released', 'sold')),
  expires_at INTEGER NOT NULL,
  held_at INTEGER NOT NULL,
  ended_at INTEGER,
  CHECK ((status = 'held') = (ended_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE TRIGGER reservations_end_once BEFORE UPDATE OF status ON reservations WHEN OLD.status <> 'held'
BEGIN SELECT RAISE(ABORT, 'a reservation ends once'); END;

CREATE TABLE shares (
  order_id TEXT NOT NULL REFERENCES reservations,
  product_id TEXT NOT NULL REFERENCES products,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, product_id)
) STRICT, WITHOUT ROWID;

-- A product's counts are the sums of its rows here.
CREATE TABLE stock_ledger (
  seq INTEGER PRIMARY KEY,
  product_id TEXT NOT NULL REFERENCES products,
  order_id TEXT,
  d_on_hand INTEGER NOT NULL,
  d_held INTEGER NOT NULL,
  d_sold INTEGER NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('seeded', 'set', 'held', 'released', 'sold')),
  at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER stock_ledger_keeps_rows BEFORE DELETE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'stock_ledger is append-only'); END;
CREATE TRIGGER stock_ledger_keeps_values BEFORE UPDATE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'stock_ledger is append-only'); END;
