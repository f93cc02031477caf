module {{name}}

go 1.26

require dalsegno v0.0.0

// Written by `dalsegno build`, from the program itself.
replace dalsegno => ./.dalsegno/sdk
