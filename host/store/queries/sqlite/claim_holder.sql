-- The time of the database, and another host that holds a lease, if one does.
SELECT now, address, lease_until
FROM (SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now)
LEFT JOIN hosts ON lease_until > now AND host_id <> $1 AND address <> $2
LIMIT 1
