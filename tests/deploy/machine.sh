#!/bin/sh
# A machine that stands in for one with systemd, two versions and a database, for upgrading.sh. Usage: machine.sh FOLDER BUNDLE
#
# The database is a file: its schema, then what was acknowledged; what belongs to it is another one. Whatever runs open and well takes a message at once, which
# then stands in `acknowledged` too. After as many steps as CUT says the power goes.
set -eu
world=$1 bundle=$2
base=$world/opt data=$world/data units=$world/units user=nobody version=0.2 closed=$world/data/closed-for-upgrade
is_backed_up=${BACKED_UP:-} BROKEN=${BROKEN:-} CUT=${CUT:-0} READY_SECONDS=0 STEADY_SECONDS=0 steps=0

say() { echo "cockpit: $*"; }
die() {
    echo "cockpit: $*" >&2
    exit 1
}
has_systemd() { true; }
. "$bundle/upgrading.sh"

step() {
    steps=$(($(cat "$world/steps") + 1))
    echo "$steps" >"$world/steps"
    # The whole machine: also what waits for an answer in a subshell.
    [ "$steps" != "$CUT" ] || kill -9 0
}
mv() {
    command mv "$@"
    step
}
rm() {
    command rm "$@"
    step
}
sync() { true; }
sleep() { true; }
install() { mkdir -p "$data/before-upgrade"; }
runuser() {
    shift 3
    "$@"
}
install_units() { echo "$1" >"$units"; }
install_entry() { install_units "$version"; }

schema_of() { if [ "$1" = 0.1 ]; then echo 1; else echo 2; fi; }
is_well() {
    [ "$(head -n 1 "$world/db")" = "$(schema_of "$1")" ] || return 1
    case $BROKEN-$1-$2 in always-0.2-* | open-0.2-open) return 1 ;; esac
}
boot() {
    counts=$(readlink "$base/current")
    if [ -e "$closed" ]; then how=closed; else how=open; fi
    echo "$counts $how" >"$world/up"
    if [ $how = open ] && is_well "$counts" $how; then
        message="message $(($(wc -l <"$world/acknowledged") + 1)), taken by $counts"
        echo "$message" >>"$world/db"
        echo "$message" >>"$world/acknowledged"
    fi
}
systemctl() {
    case $1 in
    list-units) [ ! -e "$world/up" ] || echo "cim-cockpit.service loaded active running" ;;
    stop) command rm -f "$world/up" ;;
    start) [ -e "$world/up" ] || boot ;;
    is-active) [ -e "$world/up" ] ;;
    show) echo 1 ;;
    esac
    was=$?
    step
    return $was
}
cockpit() {
    of=$1
    shift
    echo "$of $*" >>"$world/commands"
    case $* in
    "check --only web") is_well "$of" "$(cut -d' ' -f2 "$world/up")" ;;
    "db schema")
        [ "$BROKEN" != away ] || return 1
        echo "shared $(head -n 1 "$world/db")"
        ;;
    "db backup --plain "*)
        cp "$world/db" "$4.part"
        cp "$world/files" "$4-files"
        step
        command mv "$4.part" "$4"
        ;;
    "db restore --dry-run "*) [ "$BROKEN" != backup ] && [ -e "$4" ] ;;
    "db restore /"*)
        [ ! -e "$world/up" ] || return 1
        sed '1s/.*/between/' "$3" >"$world/db"
        step
        cp "$3" "$world/db"
        step
        cp "$3-files" "$world/files"
        ;;
    "db upgrade")
        [ ! -e "$world/up" ] || return 1
        sed -i '1s/.*/between/' "$world/db"
        step
        [ "$BROKEN" != migration ] || return 1
        echo 2 >"$world/files"
        sed -i '1s/.*/2/' "$world/db"
        ;;
    *) die "nobody knows $*" ;;
    esac
    was=$?
    step
    return $was
}

echo 0 >"$world/steps"
# What a power cut left begins by itself, as units do that are enabled.
if [ "${AFTER_A_CUT:-}" ]; then boot; fi
old=$(current)
mend_interrupted
if [ -n "$old" ] && [ "$old" != "$version" ]; then upgrade; fi
