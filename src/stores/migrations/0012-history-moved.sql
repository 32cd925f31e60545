-- All of the history is in one table.
DROP TABLE received_before;
DROP TABLE events_before;
DROP TABLE history_progress;
