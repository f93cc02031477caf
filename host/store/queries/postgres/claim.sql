SELECT granted, holder, held_until, now FROM dalsegno_claim($1, $2, $3, $4)
