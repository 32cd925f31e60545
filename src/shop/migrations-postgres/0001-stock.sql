-- The shop's tables in PostgreSQL, with the columns of the SQLite file's. Their rows are changed by several nodes at once: counts of
-- products are changed by differences, all else only if it is still what the decision saw (stock-postgres.ts).

-- on_hand: in the building and not sold; held: promised, still in the building; sold: since the beginning.
CREATE TABLE products (
  product_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  unit_price bigint NOT NULL CHECK (unit_price >= 0),
  currency text NOT NULL,
  on_hand bigint NOT NULL,
  held bigint NOT NULL CHECK (held >= 0),
  sold bigint NOT NULL CHECK (sold >= 0),
  revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
  on_sale smallint NOT NULL DEFAULT 1 CHECK (on_sale IN (0, 1)),
  CONSTRAINT products_cover_what_is_held CHECK (held <= on_hand)
) WITH (fillfactor = 50);

CREATE TABLE reservations (
  order_id text COLLATE "C" PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('held', 'released', 'sold')),
  expires_at bigint NOT NULL,
  held_at bigint NOT NULL,
  ended_at bigint,
  CHECK ((status = 'held') = (ended_at IS NULL))
) WITH (fillfactor = 90);

CREATE TABLE shares (
  order_id text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  quantity bigint NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, product_id)
);

-- A product's counts are the sums of its rows here.
CREATE TABLE stock_ledger (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C",
  d_on_hand bigint NOT NULL,
  d_held bigint NOT NULL,
  d_sold bigint NOT NULL,
  why text NOT NULL CHECK (why IN ('seeded', 'set', 'adjusted', 'held', 'released', 'sold', 'returned')),
  at bigint NOT NULL,
  who text,
  reason text,
  CHECK (why <> 'adjusted' OR (order_id IS NULL AND d_held = 0 AND d_sold = 0 AND who IS NOT NULL AND reason IS NOT NULL)),
  CHECK (why <> 'returned' OR (order_id IS NOT NULL AND d_on_hand > 0 AND d_held = 0 AND d_sold = -d_on_hand))
);
CREATE TRIGGER stock_ledger_keeps_rows BEFORE UPDATE OR DELETE ON stock_ledger FOR EACH ROW EXECUTE FUNCTION keep_rows();

-- What principals have given back on one day, in minor units. The id is DAY/CURRENCY/PRINCIPAL.
CREATE TABLE refund_totals (
  id text COLLATE "C" PRIMARY KEY,
  amount bigint NOT NULL CHECK (amount >= 0)
);

-- Orders by what their caller calls them.
CREATE TABLE order_references (
  id text COLLATE "C" PRIMARY KEY,
  order_id text COLLATE "C" NOT NULL
);

-- Where the payments of new orders were made since this store records it. The first one has the payments of orders that
-- recorded none, too.
CREATE TABLE providers (
  name text COLLATE "C" PRIMARY KEY,
  takes_unnamed smallint NOT NULL CHECK (takes_unnamed IN (0, 1))
);
