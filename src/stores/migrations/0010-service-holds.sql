-- When services were not called: pauses by people, and circuits that were open. Calls that were decided before are older by that
-- time alone, so the newest ones are kept after their end.

-- `kind` is 'pause' or 'circuit'. From `resumed_at` on calls are made again, few at a time, until `ended_at`.
CREATE TABLE service_holds (
  hold_id TEXT PRIMARY KEY,
  service TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('pause', 'circuit')),
  reason TEXT NOT NULL,
  principal TEXT,
  since INTEGER NOT NULL,
  resumed_at INTEGER,
  resumed_by TEXT,
  ended_at INTEGER
) STRICT;
CREATE INDEX holds_of_service ON service_holds (service, since);
