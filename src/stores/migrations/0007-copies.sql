-- What a file knows of itself, so that a copy of it is not taken for it.

-- One row. `state`: 'open' while a program works on the file, 'closed' when its log is folded in, 'copy' in a backup.
-- `run` names the last opening, `run_before` the one before it; `log` is the write-ahead log of that run, and
-- `schema_cookie` is SQLite's count of schema changes, which SQLite's own backup begins anew.
CREATE TABLE file_state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'copy')),
  run TEXT NOT NULL,
  run_before TEXT NOT NULL,
  log INTEGER NOT NULL,
  schema_cookie INTEGER NOT NULL
) STRICT;
INSERT INTO file_state VALUES (1, 'closed', '', '', 0, 0);

-- Positions of the journal are given out under an epoch; a restored copy begins another one. `last_position` is where an
-- epoch ended, NULL for the present one.
-- `doubtful_calls` is NULL unless it began with a restore, and `resumed` is 0 until a host has started on it.
CREATE TABLE epochs (
  number INTEGER PRIMARY KEY,
  epoch TEXT NOT NULL UNIQUE,
  last_position INTEGER,
  doubtful_calls INTEGER,
  resumed INTEGER NOT NULL DEFAULT 1 CHECK (resumed IN (0, 1))
) STRICT;
INSERT INTO epochs (number, epoch) VALUES (1, lower(hex(randomblob(4))));

-- A call that was pending in a copy: it may have been made since, and is answered as such.
ALTER TABLE calls ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1));
