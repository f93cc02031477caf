-- A closed run stays as it is.
UPDATE runs
SET memo = new.column2, search_attributes = new.column3
FROM (VALUES
(?, ?, ?)
) AS new
WHERE run_id = new.column1 AND status = 0
