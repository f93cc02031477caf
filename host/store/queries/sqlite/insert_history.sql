INSERT INTO history (run_id, first_event_id, events, epoch, activation, time, activated, data)
VALUES
(?, ?, ?, ?, ?, ?, ?, ?)
