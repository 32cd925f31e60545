-- Incidents whose subject is a service instead of an order. One that is closed stays, with who closed it and why.

-- `details` is a JSON object. At most one incident under a key is open.
CREATE TABLE service_incidents (
  position INTEGER PRIMARY KEY,
  incident_id TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL,
  key TEXT NOT NULL,
  details TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  closed_by TEXT,
  note TEXT
) STRICT;
CREATE UNIQUE INDEX open_service_incidents ON service_incidents (key) WHERE closed_at IS NULL;
CREATE INDEX service_incidents_of_key ON service_incidents (key, position);
