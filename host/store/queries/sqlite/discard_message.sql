-- A message that no run is there to take any more.
DELETE FROM inbox WHERE sender = $1 AND event = $2 AND kind = $3
