SELECT count(*) FROM runs WHERE namespace = $1
