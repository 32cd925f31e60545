-- Products that come back into stock after a refund, and orders by what their caller calls them.
CREATE TABLE stock_ledger_5 (
  seq INTEGER PRIMARY KEY,
  product_id TEXT NOT NULL REFERENCES products,
  order_id TEXT,
  d_on_hand INTEGER NOT NULL,
  d_held INTEGER NOT NULL,
  d_sold INTEGER NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('seeded', 'set', 'adjusted', 'held', 'released', 'sold', 'returned')),
  at INTEGER NOT NULL,
  who TEXT,
  reason TEXT,
  CHECK (why <> 'adjusted' OR (order_id IS NULL AND d_held = 0 AND d_sold = 0 AND who IS NOT NULL AND reason IS NOT NULL)),
  CHECK (why <> 'returned' OR (order_id IS NOT NULL AND d_on_hand > 0 AND d_held = 0 AND d_sold = -d_on_hand))
) STRICT;
INSERT INTO stock_ledger_5 (seq, product_id, order_id, d_on_hand, d_held, d_sold, why, at, who, reason)
  SELECT seq, product_id, order_id, d_on_hand, d_held, d_sold, why, at, who, reason FROM stock_ledger ORDER BY seq;
DROP TABLE stock_ledger;
ALTER TABLE stock_ledger_5 RENAME TO stock_ledger;
CREATE TRIGGER stock_ledger_keeps_rows BEFORE DELETE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'stock_ledger is append-only'); END;
CREATE TRIGGER stock_ledger_keeps_values BEFORE UPDATE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'stock_ledger is append-only'); END;
CREATE TABLE order_references (
  id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
