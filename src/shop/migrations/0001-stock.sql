-- The shop's stock. Until schema 4 of the store these tables were part of it, so they may be there already.

-- on_hand: in the building and not sold; held: promised, still in the building; sold: since the beginning.
CREATE TABLE IF NOT EXISTS products (
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
CREATE TABLE IF NOT EXISTS reservations (
  order_id TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('held', 'released', 'sold')),
  expires_at INTEGER NOT NULL,
  held_at INTEGER NOT NULL,
  ended_at INTEGER,
  CHECK ((status = 'held') = (ended_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS reservations_end_once BEFORE UPDATE OF status ON reservations WHEN OLD.status <> 'held'
BEGIN SELECT RAISE(ABORT, 'a reservation ends once'); END;

CREATE TABLE IF NOT EXISTS shares (
  order_id TEXT NOT NULL REFERENCES reservations,
  product_id TEXT NOT NULL REFERENCES products,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, product_id)
) STRICT, WITHOUT ROWID;

-- A product's counts are the sums of its rows here.
CREATE TABLE IF NOT EXISTS stock_ledger (
  seq INTEGER PRIMARY KEY,
  product_id TEXT NOT NULL REFERENCES products,
  order_id TEXT,
  d_on_hand INTEGER NOT NULL,
  d_held INTEGER NOT NULL,
  d_sold INTEGER NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('seeded', 'set', 'held', 'released', 'sold')),
  at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS stock_ledger_keeps_rows BEFORE DELETE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'stock_ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS stock_ledger_keeps_values BEFORE UPDATE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'stock_ledger is append-only'); END;
