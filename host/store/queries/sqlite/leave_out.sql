-- What became of the items of the batch that the transaction stores. $1 host, $2 a digit for each item.
UPDATE hosts SET left_out = $2 WHERE host_id = $1
