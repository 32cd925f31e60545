-- Where the payments of new orders were made since this store records it. The first
-- one has the payments of orders that recorded none, too.
CREATE TABLE providers (
  name TEXT PRIMARY KEY,
  takes_unnamed INTEGER NOT NULL CHECK (takes_unnamed IN (0, 1))
) STRICT;
