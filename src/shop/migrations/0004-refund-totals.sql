-- What principals have given back on one day, in minor units. The id is DAY/CURRENCY/PRINCIPAL.
CREATE TABLE refund_totals (
  id TEXT PRIMARY KEY,
  amount INTEGER NOT NULL CHECK (amount >= 0)
) STRICT;
