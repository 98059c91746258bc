# SPDX-License-Identifier: MIT
# Completion of coil-ps, coil-pstree, coil-profile and coil-top in bash.
_coil_inspect()
{
    local options current=${COMP_WORDS[COMP_CWORD]}
    local previous=${COMP_WORDS[COMP_CWORD-1]}

    case $1 in
    *coil-profile)
        options="-F --frequency -d --duration -o --output --collapsed --run
            --wait --both --tasks --names --help --version" ;;
    *coil-top)
        options="-i --interval -b --batch -n --iterations --once -s --sort
            -f --filter --help --version" ;;
    *)
        options="-f --frames -t --tree -l --leaks --json --help --version" ;;
    esac
    case $previous in
    -o|--output)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return ;;
    -s|--sort)
        mapfile -t COMPREPLY < <(compgen -W "number time name state" -- "$current")
        return ;;
    -F|--frequency|-d|--duration|--tasks|-i|--interval|-n|--iterations|-f|--filter)
        [[ $1 == *coil-ps* ]] || return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(ps -eo pid=)" -- "$current")
    fi
}
complete -F _coil_inspect coil-ps coil-pstree coil-profile coil-top
