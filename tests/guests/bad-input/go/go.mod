module bad-input

go 1.26

require dalsegno v0.0.0

replace dalsegno => ./.dalsegno/sdk
