-- Which chart versions the stored orders are on: counted at each start.
CREATE INDEX orders_by_version ON orders (chart_version);
