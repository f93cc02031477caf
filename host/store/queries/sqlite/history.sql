-- Transitions in order. One more than asked for tells whether there are further ones.
SELECT first_event_id, events, activation, activated, time, data
FROM history
WHERE run_id = $1 AND first_event_id >= $2
ORDER BY first_event_id, activation LIMIT $3 + 1
