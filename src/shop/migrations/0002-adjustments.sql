-- Stock that people change by a difference: the ledger says who asked for it, and why. Both are null for older rows, and
-- for what orders did. SQLite cannot change a CHECK, so the table is made again, with the same rows.
CREATE TABLE stock_ledger_2 (
  seq INTEGER PRIMARY KEY,
  product_id TEXT NOT NULL REFERENCES products,
  order_id TEXT,
  d_on_hand INTEGER NOT NULL,
  d_held INTEGER NOT NULL,
  d_sold INTEGER NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('seeded', 'set', 'adjusted', 'held', 'released', 'sold')),
  at INTEGER NOT NULL,
  who TEXT,
  reason TEXT,
  CHECK (why <> 'adjusted' OR (order_id IS NULL AND d_held = 0 AND d_sold = 0 AND who IS NOT NULL AND reason IS NOT NULL))
) STRICT;
INSERT INTO stock_ledger_2 (seq, product_id, order_id, d_on_hand, d_held, d_sold, why, at)
  SELECT seq, product_id, order_id, d_on_hand, d_held, d_sold, why, at FROM stock_ledger ORDER BY seq;
DROP TABLE stock_ledger;
ALTER TABLE stock_ledger_2 RENAME TO stock_ledger;
CREATE TRIGGER stock_ledger_keeps_rows BEFORE DELETE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'stock_ledger is append-only'); END;
CREATE TRIGGER stock_ledger_keeps_values BEFORE UPDATE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'stock_ledger is append-only'); END;
