-- A history goes on where it ends, which for a row without events is where that row is; the first transition needs
-- its run. On Postgres the commit function checks this for a whole batch at once.
CREATE TRIGGER history_is_contiguous BEFORE INSERT ON history
WHEN new.first_event_id IS NOT coalesce(
    (SELECT CASE WHEN events = 0 AND new.activation <= activation THEN 0 ELSE first_event_id + events END
     FROM history WHERE run_id = new.run_id
     ORDER BY first_event_id DESC, activation DESC LIMIT 1),
    (SELECT 1 FROM runs WHERE run_id = new.run_id))
BEGIN
    SELECT raise(ABORT, 'the history does not go on there');
END;
