# SPDX-License-Identifier: MIT
# Completion of coil-record in bash.
_coil_record()
{
    local words="" current=${COMP_WORDS[COMP_CWORD]}
    local options="--help --version"

    [[ ${COMP_WORDS[1]} != convert ]] ||
        options="--perfetto --chrome --svg -o --output --help --version"
    if [[ $current == -* ]]; then
        words=$options
    elif ((COMP_CWORD == 1)); then
        words="dump top convert"
    fi
    if [[ $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -F _coil_record coil-record
