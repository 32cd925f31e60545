-- From here on `orders.system` may be packed (sqlite-packing.ts), which an older program cannot read. What is there
-- stays as it is until its order moves on.
SELECT 1;
