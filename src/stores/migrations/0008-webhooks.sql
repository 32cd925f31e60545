-- Endpoints of others that domain events are delivered to, and what became of the last deliveries to each.

-- `types` is a JSON list, NULL for all; `secrets` a JSON list with when each ends: they sign, so they are kept as they are.
-- Everything up to `position` is delivered; `tries` and `next_at` are about the first event behind it.
CREATE TABLE webhook_endpoints (
  endpoint_id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  types TEXT,
  secrets TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'dead')),
  created_at INTEGER NOT NULL,
  position INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  next_at INTEGER,
  failing_since INTEGER
) STRICT;

CREATE TABLE webhook_deliveries (
  delivery INTEGER PRIMARY KEY,
  endpoint_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  try INTEGER NOT NULL,
  status INTEGER,
  problem TEXT
) STRICT;
CREATE INDEX deliveries_of_endpoint ON webhook_deliveries (endpoint_id, delivery);
