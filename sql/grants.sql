-- What the worker's database user may do: rows, never tables. {database} and {worker} are filled in by the migrator.
-- Nothing is ever deleted but sessions and blocks; a message or user that is erased leaves its row behind.
GRANT SELECT, INSERT, UPDATE ON `{database}`.users TO {worker};
GRANT SELECT, INSERT, UPDATE, DELETE ON `{database}`.sessions TO {worker};
GRANT SELECT, INSERT, DELETE ON `{database}`.blocks TO {worker};
GRANT SELECT, INSERT, UPDATE ON `{database}`.conversations TO {worker};
GRANT SELECT, INSERT, UPDATE ON `{database}`.messages TO {worker};
GRANT SELECT ON `{database}`.schema_version TO {worker};
-- No table: MariaDB's SEQUENCE engine makes up a row for each place in a batch.
GRANT SELECT ON `{database}`.seq_1_to_8 TO {worker};
GRANT EXECUTE ON PROCEDURE `{database}`.send_message TO {worker};
GRANT EXECUTE ON PROCEDURE `{database}`.change_message TO {worker};
