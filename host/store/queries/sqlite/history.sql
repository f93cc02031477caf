-- Transitions in order. A row without events goes with the row before it, so it is not where a page begins; one row
-- more than asked for tells whether it is where the page ends.
SELECT first_event_id, events, activation, activated, time, data
FROM history
WHERE run_id = $1 AND first_event_id >= $2 AND NOT (first_event_id = $2 AND events = 0)
ORDER BY first_event_id, activation LIMIT $3 + 1
