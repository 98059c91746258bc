# SPDX-License-Identifier: MIT
#
# What the scripts of tests/fetch share: the program, a fleet of hosts for it
# (bench/fetch/fleet.c), and what the fleet has seen.  Nothing here waits for a time
# to pass, but in turns, for something to happen.
fetch=$COIL_BUILD_DIR/apps/coil-fetch
fleet=$COIL_BUILD_DIR/bench/fleet
for program in "$fetch" "$fleet"; do
    [ -x "$program" ] || { echo "skipped: there is no $program"; exit 77; }
done
# On a busy machine the watchdog would report slow steps; no test here is of that.
: "${COIL_WATCHDOG:=3600000}"
export COIL_WATCHDOG
work=$(mktemp -d)
fleet_process=
client=
failures=0

clean_up()
{
    for process in $fleet_process $client; do
        kill -9 "$process" 2>/dev/null || true
    done
    wait
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# check WHAT CONDITION...: a condition of test(1).
check()
{
    what=$1
    shift
    if [ "$@" ]; then
        return 0
    fi
    echo "FAILED: $what: [ $* ]"
    failures=$((failures + 1))
}

# check_kept_off URLS: one host with a limit of four has told each of them once, by 429,
# to come later, and was left alone.
check_kept_off()
{
    check "all are fetched" "$(number fetched)" -eq "$1"
    check "each is asked for twice" "$(number requests)" -eq $((2 * $1))
    check "never more than four at a time" "$(number over_limit)" -eq 0
    # The three that were under way with the first 429 of a window may come within it.
    inside=$(($(number in_window) + $(number crossed)))
    check "the host is left alone" "$inside" -le $((3 * $(number windows)))
}

give_up()
{
    echo "FAILED: $1"
    [ ! -s "$work/err" ] || { echo "--- its errors"; head -n 40 "$work/err"; }
    exit 1
}

# until_true WHAT COMMAND...: wait for it, for a minute at most.
until_true()
{
    what=$1
    shift
    turns=0
    until "$@"; do
        turns=$((turns + 1))
        [ $turns -lt 1200 ] || give_up "nothing came of it: $what"
        sleep 0.05
    done
}

# start_fleet OPTION...: sets `port` and `fleet_process`.
start_fleet()
{
    fleet_options=$*
    : >"$work/fleet"
    # shellcheck disable=SC2086
    "$fleet" $fleet_options serve >"$work/fleet" 2>"$work/fleet.err" &
    fleet_process=$!
    until_true "the fleet listens" grep -q 'listening on port' "$work/fleet"
    port=$(sed -n 's/.*listening on port //p' "$work/fleet")
}

# The list of its URLs, with their priorities.
list_urls()
{
    # shellcheck disable=SC2086
    "$fleet" $fleet_options --port "$port" list
}

# number KEY: of the last report.
number()
{
    sed -n "s/^\"$1\": \([0-9.]*\),*$/\1/p" "$work/fleet" | tail -n 1
}

# What the fleet has seen up to now.
look()
{
    reports=$(grep -c '^}$' "$work/fleet" || true)
    kill -USR1 "$fleet_process"
    until_true "a report" has_report "$((reports + 1))"
}

has_report() { [ "$(grep -c '^}$' "$work/fleet" || true)" -ge "$1" ]; }

has_requests() # COUNT
{
    look
    [ "$(number requests)" -ge "$1" ]
}

stop_fleet()
{
    kill "$fleet_process"
    wait "$fleet_process" || true
    fleet_process=
}

# run OPTION...: the program to its end; sets `status`.  No run needs two minutes.
# The records of a run before go, unless this one goes on with it.
run()
{
    status=0
    case " $* " in
    *' --resume '*) ;;
    *) rm -f "$work/records" ;;
    esac
    timeout -k 1 120 "$fetch" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# How many records FILE has of the class, or in all.
records() # FILE [CLASS]
{
    if [ $# -gt 1 ]; then
        grep -c "\"class\": *\"$2\"" "$1" || true
    else
        grep -c . "$1" || true
    fi
}

finish()
{
    [ $failures -eq 0 ] || { echo "$failures failed"; exit 1; }
}
