-- Who may ask, and who asked. Keys are kept as hashes; one that has ended stays, so that what it did can be read, and its
-- sessions go. `principal` of a received message is the named caller who asked for it; absent: nobody was named.

CREATE TABLE api_keys (
  key_id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  principal TEXT NOT NULL,
  scopes TEXT NOT NULL,
  owner TEXT,
  session_of TEXT,
  requests_per_minute INTEGER,
  refunds_per_day INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER
) STRICT;

ALTER TABLE received ADD COLUMN principal TEXT;

-- What people write down about an order beside its messages: who takes care of its incidents, and remarks.
CREATE TABLE order_notes (
  position INTEGER PRIMARY KEY,
  order_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('note', 'assignment')),
  text TEXT NOT NULL,
  principal TEXT,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_of_order ON order_notes (order_id, position);
