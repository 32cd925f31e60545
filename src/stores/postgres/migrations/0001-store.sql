-- The store on PostgreSQL, for any number of nodes. Columns have the names and meanings of the SQLite file's (docs/store.md):
-- times are ms since 1970, flags are 0 or 1, JSON is kept as the text that was written. Orders are never deleted.

-- One row for each node that writes. Every batch takes its row first: `last_batch` counts the node's batches, so that a node
-- whose connection was lost while it committed can read what became of it. `fence` is raised before it asks: a batch that is
-- still on its way then can no longer commit.
CREATE TABLE writers (
  writer_id text COLLATE "C" PRIMARY KEY,
  last_batch bigint NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- The time of the database, ms since 1970: by it nodes are alive or lost.
CREATE FUNCTION database_ms() RETURNS bigint LANGUAGE sql AS $$
  SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
$$;

-- Nodes that take part, by the id of their row in `writers`. Each writes its heartbeat every second; one that is lost stays for
-- long enough to be noticed, and its row in `writers` as long as it could come back and ask what became of its last batch.
CREATE TABLE nodes (
  node_id text COLLATE "C" PRIMARY KEY,
  host_name text NOT NULL,
  release text NOT NULL,
  chart_versions text NOT NULL,
  started_at bigint NOT NULL,
  heartbeat_at bigint NOT NULL
) WITH (fillfactor = 50);

-- How often each of these was changed, by whomever: nodes read it every second, so that no change is missed for longer. Whoever
-- listens is told at once.
CREATE TABLE changes (
  topic text COLLATE "C" PRIMARY KEY,
  number bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO changes (topic) VALUES ('keys'), ('holds'), ('webhooks');
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE changes SET number = number + 1 WHERE topic = TG_ARGV[0];
  PERFORM pg_notify('orderchart_' || TG_TABLE_SCHEMA, json_build_object('topics', json_build_array(TG_ARGV[0]))::text);
  RETURN NULL;
END $$;

CREATE TABLE orders (
  order_id text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL CHECK (version > 0),
  last_seq integer NOT NULL CHECK (last_seq >= 0),
  owner text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  settled smallint NOT NULL CHECK (settled IN (0, 1)),
  incident smallint NOT NULL CHECK (incident IN (0, 1)),
  chart_version text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  wake_at bigint,
  unreadable text,
  packed bytea NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX orders_by_time ON orders (created_at, order_id);
CREATE INDEX orders_by_state ON orders (state, created_at, order_id);
CREATE INDEX orders_of_owner ON orders (owner, created_at, order_id);
CREATE INDEX orders_unsettled ON orders (created_at, order_id) WHERE settled = 0;
CREATE INDEX orders_with_incident ON orders (created_at, order_id) WHERE incident = 1 OR unreadable IS NOT NULL;
CREATE INDEX orders_waking ON orders (wake_at) WHERE wake_at IS NOT NULL AND unreadable IS NULL;
CREATE INDEX orders_by_version ON orders (chart_version);

-- What an order received in one commit, and the events that it led to (src/stores/history-rows.ts). `position` is the journal
-- position of the row's last event; rows without events count down from -1.
CREATE TABLE history (
  position bigint PRIMARY KEY CHECK (position <> 0 AND (events IS NULL) = (position < 0)),
  order_id text COLLATE "C" NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  last_seq integer NOT NULL CHECK (last_seq >= 0),
  at bigint NOT NULL,
  message_id text COLLATE "C",
  correlation_id text COLLATE "C" NOT NULL,
  messages text NOT NULL,
  events text,
  personal text,
  UNIQUE (order_id, version, last_seq)
);
CREATE UNIQUE INDEX history_from_outside ON history (order_id, message_id) WHERE message_id IS NOT NULL;

-- The ends of the journal, one row. Who commits events takes it last and keeps it until its commit is durable: positions are
-- given out in the order of commits, so a reader that has seen one has seen all before it.
CREATE TABLE journal (
  one smallint PRIMARY KEY CHECK (one = 1),
  last_position bigint NOT NULL,
  first_position bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO journal VALUES (1, 0, 0);

-- `sequence` is the order in which calls were decided: the oldest are claimed first.
CREATE TABLE calls (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_id text COLLATE "C" NOT NULL UNIQUE,
  order_id text COLLATE "C" NOT NULL,
  service text COLLATE "C" NOT NULL,
  actor text NOT NULL,
  command text NOT NULL,
  causation_id text NOT NULL,
  correlation_id text NOT NULL,
  at bigint NOT NULL,
  key_first_used_at bigint NOT NULL,
  lease_owner text COLLATE "C" NOT NULL,
  lease_until bigint NOT NULL,
  doubtful smallint NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1))
);

CREATE TABLE idempotency (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  status integer NOT NULL,
  version integer NOT NULL,
  at bigint NOT NULL,
  body text NOT NULL,
  CONSTRAINT idempotency_key UNIQUE (scope, key)
);

CREATE TABLE epochs (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  epoch text NOT NULL UNIQUE,
  last_position bigint,
  doubtful_calls integer,
  resumed smallint NOT NULL DEFAULT 1 CHECK (resumed IN (0, 1))
);
INSERT INTO epochs (epoch) VALUES (left(replace(gen_random_uuid()::text, '-', ''), 8));

CREATE TABLE api_keys (
  key_id text COLLATE "C" PRIMARY KEY,
  hash text NOT NULL,
  principal text NOT NULL,
  scopes text NOT NULL,
  owner text,
  session_of text,
  requests_per_minute integer,
  refunds_per_day bigint,
  created_at bigint NOT NULL,
  expires_at bigint,
  last_used_at bigint,
  revoked_at bigint
);

CREATE TRIGGER keys_come AFTER INSERT OR DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION note_change('keys');
-- Not for their last uses.
CREATE TRIGGER keys_change AFTER UPDATE ON api_keys FOR EACH ROW
  WHEN ((OLD.revoked_at, OLD.expires_at, OLD.scopes, OLD.hash) IS DISTINCT FROM (NEW.revoked_at, NEW.expires_at, NEW.scopes, NEW.hash))
  EXECUTE FUNCTION note_change('keys');

CREATE TABLE order_notes (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id text COLLATE "C" NOT NULL,
  kind text NOT NULL CHECK (kind IN ('note', 'assignment')),
  text text NOT NULL,
  principal text,
  at bigint NOT NULL
);
CREATE INDEX notes_of_order ON order_notes (order_id, position);

CREATE TABLE webhook_endpoints (
  endpoint_id text COLLATE "C" PRIMARY KEY,
  url text NOT NULL,
  types text,
  secrets text NOT NULL,
  state text NOT NULL CHECK (state IN ('enabled', 'disabled', 'dead')),
  created_at bigint NOT NULL,
  position bigint NOT NULL,
  tries integer NOT NULL,
  next_at bigint,
  failing_since bigint,
  -- The node that delivers to it, and until when nobody else does. `fence` grows with each node that takes it over: what an
  -- earlier one writes then is refused.
  lease_owner text COLLATE "C" NOT NULL DEFAULT '',
  lease_until bigint NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0
);
CREATE TRIGGER webhooks_come AFTER INSERT OR DELETE ON webhook_endpoints FOR EACH ROW EXECUTE FUNCTION note_change('webhooks');
-- Not for their progress, nor for a lease that is renewed.
CREATE TRIGGER webhooks_change AFTER UPDATE ON webhook_endpoints FOR EACH ROW
  WHEN ((OLD.url, OLD.types, OLD.secrets, OLD.state, OLD.lease_owner) IS DISTINCT FROM (NEW.url, NEW.types, NEW.secrets, NEW.state, NEW.lease_owner))
  EXECUTE FUNCTION note_change('webhooks');
CREATE TABLE webhook_deliveries (
  delivery bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  at bigint NOT NULL,
  try integer NOT NULL,
  status integer,
  problem text
);
CREATE INDEX deliveries_of_endpoint ON webhook_deliveries (endpoint_id, delivery);

CREATE TABLE service_incidents (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id text COLLATE "C" NOT NULL UNIQUE,
  service text NOT NULL,
  reason text NOT NULL,
  text text NOT NULL,
  key text COLLATE "C" NOT NULL,
  details text NOT NULL,
  opened_at bigint NOT NULL,
  closed_at bigint,
  closed_by text,
  note text
);
CREATE UNIQUE INDEX open_service_incidents ON service_incidents (key) WHERE closed_at IS NULL;
CREATE INDEX service_incidents_of_key ON service_incidents (key, position);

CREATE TABLE service_holds (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hold_id text COLLATE "C" NOT NULL UNIQUE,
  service text COLLATE "C" NOT NULL,
  kind text NOT NULL CHECK (kind IN ('pause', 'circuit')),
  reason text NOT NULL,
  principal text,
  since bigint NOT NULL,
  resumed_at bigint,
  resumed_by text,
  ended_at bigint,
  -- Whose circuit it is; empty: of a node that is gone.
  node_id text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE TRIGGER holds_change AFTER INSERT OR UPDATE ON service_holds FOR EACH ROW EXECUTE FUNCTION note_change('holds');

-- One row while the store is moved, and after it was moved away (src/move.ts): nothing else is done with it then.
CREATE TABLE move_mark (
  one smallint PRIMARY KEY CHECK (one = 1),
  mark text NOT NULL
);
CREATE FUNCTION refuse_writers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM move_mark) THEN RAISE EXCEPTION 'the store is being moved, or was moved away'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER writers_of_moved BEFORE INSERT ON writers FOR EACH ROW EXECUTE FUNCTION refuse_writers();

-- One row that is written to see whether the store can write.
CREATE TABLE health_check (
  one smallint PRIMARY KEY CHECK (one = 1),
  filler bytea NOT NULL
);

CREATE FUNCTION keep_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER history_keeps_rows BEFORE DELETE ON history FOR EACH ROW EXECUTE FUNCTION keep_rows();
CREATE TRIGGER history_keeps_values BEFORE UPDATE OF position, order_id, version, last_seq, at, message_id, correlation_id, messages, events
  ON history FOR EACH ROW EXECUTE FUNCTION keep_rows();
CREATE FUNCTION keep_personal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.personal IS DISTINCT FROM '[]' THEN RAISE EXCEPTION 'history is append-only: personal fields can only be erased'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER history_keeps_personal BEFORE UPDATE OF personal ON history FOR EACH ROW EXECUTE FUNCTION keep_personal();

-- SQLSTATE OC001: what a batch was decided on has changed. OC002: the batch was given up by its node.

-- The first statement of every batch: takes the node's row, then the rows of its orders in the order of their ids, and refuses
-- the batch if an order is not at the version that it was decided on (0: it must not exist).
CREATE FUNCTION begin_batch(by_writer text, batch bigint, under_fence bigint, ids text[], versions integer[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  unchanged bigint;
  existing bigint;
BEGIN
  UPDATE writers SET last_batch = batch WHERE writer_id = by_writer AND fence = under_fence AND last_batch < batch;
  IF NOT FOUND THEN RAISE EXCEPTION 'the batch was given up' USING ERRCODE = 'OC002'; END IF;
  -- Rows that another batch had locked come as that batch left them.
  SELECT count(*) FILTER (WHERE locked.version = wanted.version), count(*) INTO unchanged, existing
    FROM (SELECT order_id, version FROM orders WHERE order_id = ANY (ids) ORDER BY order_id FOR NO KEY UPDATE) AS locked
    JOIN unnest(ids, versions) AS wanted (id, version) ON wanted.id = locked.order_id;
  IF unchanged <> existing OR existing <> (SELECT count(*) FROM unnest(versions) AS version WHERE version > 0) THEN
    RAISE EXCEPTION 'an order' USING ERRCODE = 'OC001';
  END IF;
END $$;

-- A batch is one statement that calls the functions below, as far as it needs them, in this order: the node and its orders
-- first (begin_batch), the application's rows, the journal last. So batches of several nodes wait for each other, and never in
-- a circle. One row of each array is one row of the table.

CREATE FUNCTION place_orders(ids text[], versions integer[], last_seqs integer[], states text[], settled smallint[],
  incidents smallint[], chart_versions text[], updated bigint[], wakes bigint[], packed bytea[], owners text[], created bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO orders (order_id, version, last_seq, state, settled, incident, chart_version, updated_at, wake_at, packed, owner,
      created_at)
    SELECT * FROM unnest(ids, versions, last_seqs, states, settled, incidents, chart_versions, updated, wakes, packed, owners, created);
END $$;

-- The owner and the time of creation never change.
CREATE FUNCTION change_orders(ids text[], versions integer[], last_seqs integer[], states text[], settled smallint[],
  incidents smallint[], chart_versions text[], updated bigint[], wakes bigint[], packed bytea[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE orders SET version = given.version, last_seq = given.last_seq, state = given.state, settled = given.settled,
      incident = given.incident, chart_version = given.chart_version, updated_at = given.updated_at, wake_at = given.wake_at,
      packed = given.packed
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      AS given (order_id, version, last_seq, state, settled, incident, chart_version, updated_at, wake_at, packed)
    WHERE orders.order_id = given.order_id;
END $$;

CREATE FUNCTION finish_calls(ids text[], order_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM calls USING unnest(ids, order_ids) AS finished (call_id, order_id)
    WHERE calls.call_id = finished.call_id AND calls.order_id = finished.order_id;
END $$;

CREATE FUNCTION add_calls(ids text[], order_ids text[], services text[], actors text[], commands text[], causation_ids text[],
  correlation_ids text[], ats bigint[], keys_first_used_at bigint[], owners text[], untils bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO calls (call_id, order_id, service, actor, command, causation_id, correlation_id, at, key_first_used_at,
      lease_owner, lease_until)
    SELECT * FROM unnest(ids, order_ids, services, actors, commands, causation_ids, correlation_ids, ats, keys_first_used_at,
      owners, untils);
END $$;

CREATE FUNCTION keep_answers(scopes text[], keys text[], fingerprints text[], order_ids text[], statuses integer[],
  versions integer[], ats bigint[], bodies text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO idempotency (scope, key, fingerprint, order_id, status, version, at, body)
    SELECT * FROM unnest(scopes, keys, fingerprints, order_ids, statuses, versions, ats, bodies);
END $$;

-- One by one: the last answer of a key counts.
CREATE FUNCTION amend_answers(scopes text[], keys text[], statuses integer[], versions integer[], bodies text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR place IN 1 .. cardinality(keys) LOOP
    UPDATE idempotency SET status = statuses[place], version = versions[place], body = bodies[place]
      WHERE scope = scopes[place] AND key = keys[place];
  END LOOP;
END $$;

-- Positions are given out here. `places` counts the events of the batch up to each row, or its rows without events below 0.
CREATE FUNCTION append_history(events integer, silent integer, places integer[], order_ids text[], versions integer[],
  last_seqs integer[], ats bigint[], message_ids text[], correlation_ids text[], messages text[], event_lists text[],
  personal text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  ends journal;
BEGIN
  UPDATE journal SET last_position = last_position + events, first_position = first_position - silent RETURNING * INTO ends;
  INSERT INTO history (position, order_id, version, last_seq, at, message_id, correlation_id, messages, events, personal)
    SELECT CASE WHEN place > 0 THEN ends.last_position - $1 ELSE ends.first_position + $2 END + place, given.order_id,
      given.version, given.last_seq, given.at, given.message_id, given.correlation_id, given.messages, given.events, given.personal
    FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      AS given (place, order_id, version, last_seq, at, message_id, correlation_id, messages, events, personal);
END $$;

-- For changes that must meet so many rows: others mean that somebody else was faster.
CREATE FUNCTION require_rows(met bigint, expected bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF met <> expected THEN RAISE EXCEPTION '%', what USING ERRCODE = 'OC001'; END IF;
END $$;
