module dalsegno

go 1.26
