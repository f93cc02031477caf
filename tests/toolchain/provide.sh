# shellcheck shell=bash

# provide TOOL: lets TOOL be found in PATH, if this folder's script of that name finds or installs it. What PATH
# finds already stays where it is, so that nothing beside it comes before the rest.
provide() {
    local folder
    folder=$("$(dirname "${BASH_SOURCE[0]}")/$1") || return 1
    [ "$(command -v "$1")" = "$folder/$1" ] || PATH=$folder:$PATH
}
