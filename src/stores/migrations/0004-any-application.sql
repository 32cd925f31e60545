-- The store knows no application any more: whose an order is has a name of its own, and an application's own tables
-- come with versions of their own. A received message says how it came, so that no id is parsed for it, and an
-- idempotency key which version of the order its answer shows.

ALTER TABLE orders RENAME COLUMN customer_id TO owner;
DROP INDEX orders_of_customer;
CREATE INDEX orders_of_owner ON orders (owner, created_at, order_id);

DROP TRIGGER received_keeps_values;
ALTER TABLE received ADD COLUMN kind TEXT NOT NULL DEFAULT 'message' CHECK (kind IN ('message', 'reply', 'deadline'));
UPDATE received SET kind = iif(message_id GLOB '~/calls/*/reply', 'reply', 'deadline')
  WHERE message_id GLOB '~/calls/*/reply' OR message_id GLOB '~/deadlines/*';
CREATE TRIGGER received_keeps_values BEFORE UPDATE ON received
BEGIN SELECT RAISE(ABORT, 'received is append-only'); END;

ALTER TABLE idempotency ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
UPDATE idempotency SET version = coalesce(json_extract(body, '$.version'), 0) WHERE json_valid(body);

-- The applications whose orders and tables are in this file, with the versions of their tables.
CREATE TABLE applications (
  name TEXT PRIMARY KEY,
  tables_version INTEGER NOT NULL CHECK (tables_version >= 0)
) STRICT;
-- Before this there was only the shop.
INSERT INTO applications (name, tables_version)
  SELECT 'shop', 0 WHERE EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'stock_ledger');
