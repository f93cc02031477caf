SELECT dalsegno_release($1, $2)
