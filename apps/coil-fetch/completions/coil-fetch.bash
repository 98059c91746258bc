# SPDX-License-Identifier: MIT
# Completion of coil-fetch in bash.

_coil_fetch()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

    COMPREPLY=()
    case $before in
    --input-format) COMPREPLY=($(compgen -W 'auto lines jsonl aria2' -- "$word")); return ;;
    --group-by) COMPREPLY=($(compgen -W 'host domain address' -- "$word")); return ;;
    --retry-on) COMPREPLY=($(compgen -W 'connect dns timeout reset protocol tls 5xx 429 checksum none' -- "$word")); return ;;
    --color) COMPREPLY=($(compgen -W 'auto always never' -- "$word")); return ;;
    --summary) COMPREPLY=($(compgen -W 'text json none' -- "$word")); return ;;
    --extract) COMPREPLY=($(compgen -W 'links' -- "$word")); return ;;
    --help) COMPREPLY=($(compgen -W 'all' -- "$word")); return ;;
    -h) COMPREPLY=($(compgen -W 'all' -- "$word")); return ;;
    -i | --input-file | --netrc-file | --cookie-jar | -b | --cookie | --cacert | -E | --cert | --key | --unix-socket | --hsts | --cache | --jsonl | --warc | --warc-dedup | --journal | --report) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --output-dir) COMPREPLY=($(compgen -d -- "$word")); return ;;
    esac
    case $word in
    -*) COMPREPLY=($(compgen -W '-i --input-file --url --input-format -g --globoff --no-dedupe --require-urls --read-ahead -c --concurrency --parallel-max --per-host --parallel-max-host --loops --rate --rate-per-host --limit-rate --limit-rate-per-host --group-by --retries --retry --retry-on --retry-delay --retry-max-time --max-retry-after --max-host-errors --fail-fast --fail-early --connect-timeout --first-byte-timeout --idle-timeout -m --timeout --max-time --deadline -X --request -I --head -d --data --data-raw --json -G --get -H --header -A --user-agent -e --referer -u --user -n --netrc --netrc-file -b --cookie --cookie-jar -x --proxy --noproxy --env-proxy -k --insecure --cacert -E --cert --key --resolve -4 --ipv4 -6 --ipv6 --unix-socket --max-redirs --allow-downgrade --http1.1 --http2-prior-knowledge --raw --hsts --cache --robots --robots-patience -o --output --output-dir --discard --overwrite --skip-existing -C --continue --continue-at --no-sync --max-filesize --min-space --accept-status --jsonl --jsonl-body --jsonl-headers --sha256 --ordered --warc --warc-max-size --warc-dedup --extract --queue --queue-name --queue-lease --queue-wait --allow-volatile --status --dead --revive --journal --resume --retry-failed --progress --no-progress --no-progress-meter --color -s --silent -S --show-error -v --verbose --summary --report --dry-run -h --help -V --version' -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
    esac
}
complete -o filenames -F _coil_fetch coil-fetch
