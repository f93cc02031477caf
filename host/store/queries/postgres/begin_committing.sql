-- Waits for a commit that is under way on an earlier connection, and bars those that are still on their way.
UPDATE hosts SET committer = committer + 1
WHERE host_id = $1 AND epoch = $2
RETURNING committer
