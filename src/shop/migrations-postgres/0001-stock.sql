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

-- What a batch calls (stock-postgres.ts). A row that is not as the decision saw it makes the batch stale.

CREATE FUNCTION add_reservations(order_ids text[], statuses text[], expire bigint[], held bigint[], ended bigint[],
  of_orders text[], of_products text[], quantities bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO reservations (order_id, status, expires_at, held_at, ended_at)
    SELECT * FROM unnest(order_ids, statuses, expire, held, ended);
  INSERT INTO shares (order_id, product_id, quantity) SELECT * FROM unnest(of_orders, of_products, quantities);
END $$;

CREATE FUNCTION end_reservations(order_ids text[], statuses text[], ended bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  met bigint;
BEGIN
  UPDATE reservations SET status = given.status, ended_at = given.ended_at
    FROM unnest(order_ids, statuses, ended) AS given (order_id, status, ended_at)
    WHERE reservations.order_id = given.order_id AND reservations.status = 'held';
  GET DIAGNOSTICS met = ROW_COUNT;
  PERFORM require_rows(met, cardinality(order_ids), 'a reservation');
END $$;

CREATE FUNCTION add_to_ledger(product_ids text[], order_ids text[], d_on_hand bigint[], d_held bigint[], d_sold bigint[],
  whys text[], ats bigint[], whos text[], reasons text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stock_ledger (product_id, order_id, d_on_hand, d_held, d_sold, why, at, who, reason)
    SELECT given.product_id, given.order_id, given.d_on_hand, given.d_held, given.d_sold, given.why, given.at, given.who, given.reason
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY
      AS given (product_id, order_id, d_on_hand, d_held, d_sold, why, at, who, reason, place) ORDER BY place;
END $$;

-- Adds differences to counts, whoever changed them meanwhile, of products that are described as the decision saw them. The rows
-- are locked in the order of their ids.
CREATE FUNCTION count_products(ids text[], revisions integer[], d_on_hand bigint[], d_held bigint[], d_sold bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  met bigint;
BEGIN
  PERFORM 1 FROM products WHERE product_id = ANY (ids) ORDER BY product_id FOR NO KEY UPDATE;
  UPDATE products SET on_hand = on_hand + given.d_on_hand, held = held + given.d_held, sold = sold + given.d_sold
    FROM unnest($1, $2, $3, $4, $5) AS given (id, revision, d_on_hand, d_held, d_sold)
    WHERE product_id = given.id AND products.revision = given.revision;
  GET DIAGNOSTICS met = ROW_COUNT;
  PERFORM require_rows(met, cardinality(ids), 'a product');
END $$;

-- `revision_before` null: it is new.
CREATE FUNCTION describe_product(id text, named text, price bigint, in_currency text, is_on_sale smallint, to_revision integer,
  d_on_hand bigint, d_held bigint, d_sold bigint, revision_before integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  met bigint;
BEGIN
  IF revision_before IS NULL THEN
    INSERT INTO products (product_id, name, unit_price, currency, on_sale, revision, on_hand, held, sold)
      VALUES (id, named, price, in_currency, is_on_sale, to_revision, d_on_hand, d_held, d_sold);
  ELSE
    UPDATE products SET name = named, unit_price = price, currency = in_currency, on_sale = is_on_sale, revision = to_revision,
        on_hand = on_hand + d_on_hand, held = held + d_held, sold = sold + d_sold
      WHERE product_id = id AND revision = revision_before;
    GET DIAGNOSTICS met = ROW_COUNT;
    PERFORM require_rows(met, 1, 'a product');
  END IF;
END $$;

CREATE FUNCTION total_refunds(of_id text, to_amount bigint, amount_before bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  met bigint;
BEGIN
  IF amount_before IS NULL THEN
    INSERT INTO refund_totals (id, amount) VALUES (of_id, to_amount);
  ELSE
    UPDATE refund_totals SET amount = to_amount WHERE id = of_id AND amount = amount_before;
    GET DIAGNOSTICS met = ROW_COUNT;
    PERFORM require_rows(met, 1, 'a refund total');
  END IF;
END $$;

CREATE FUNCTION name_order(by_id text, to_order text, order_before text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  met bigint;
BEGIN
  IF order_before IS NULL THEN
    INSERT INTO order_references (id, order_id) VALUES (by_id, to_order);
  ELSE
    UPDATE order_references SET order_id = to_order WHERE id = by_id AND order_id = order_before;
    GET DIAGNOSTICS met = ROW_COUNT;
    PERFORM require_rows(met, 1, 'a reference');
  END IF;
END $$;

-- A note is made once, and never changed.
CREATE FUNCTION note_provider(named text, unnamed smallint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO providers (name, takes_unnamed) VALUES (named, unnamed);
END $$;
