#!/bin/sh
# From one version to another, and back; install.sh reads this, by itself it does nothing.
#
# Until the newer version was seen well nothing is taken in: the units are stopped, or up and closed (docs/operations.md,
# "Upgrade"). So what goes back takes nothing along that was acknowledged. Once it is opened nothing goes back by itself.
#
# $base/upgrading is the mark of what has not come to its end; it goes only once units were seen well. Its stage:
#   former     the former version counts, and its database is as it left it
#   changing   backed up and closed; the database is that of before, or of the newer version, or between
#   restoring  the backup is being put back
#   newer      the newer version was seen well: from here on it may have taken in what came
#   beginning  a first installation
# shellcheck disable=SC2154 # what install.sh has set
ready_seconds=${READY_SECONDS:-120} steady_seconds=${STEADY_SECONDS:-10}
old='' running='' stage='' schema='' backup='' said=''

mark() {
    stage=$1
    printf '%s\n' "stage=$stage" "from=$old" "to=$version" "schema=$schema" "backup=$backup" "running=$running" \
        >"$base/upgrading.part"
    sync "$base/upgrading.part"
    mv "$base/upgrading.part" "$base/upgrading"
    sync "$base"
}
marked() { sed -n "s/^$1=//p" "$base/upgrading"; }
unmark() { rm -f "$base/upgrading"; }

current() { basename "$(readlink "$base/current" 2>/dev/null || true)"; }
# At no moment does it lead nowhere.
point_to() {
    ln -sfn "$1" "$base/current.part"
    mv -T "$base/current.part" "$base/current"
}

# What runs now, or would if it could.
find_running() {
    running=''
    ! has_systemd || running=$(systemctl list-units --plain --no-legend --state=active,activating,reloading,failed \
        'cim-cockpit*.service' | awk '{ print $1 }' | tr '\n' ' ')
}
stop_units() {
    # shellcheck disable=SC2086 # a list of units
    [ -z "$running" ] || systemctl stop $running
}
# Whether they came up is seen after, not here.
start_units() {
    # shellcheck disable=SC2086 # a list of units
    [ -z "$running" ] || systemctl start $running || true
}

# Whether all units of a version run and say that they can do their work; else why not, in $said.
are_well() {
    for unit in $running; do
        port=''
        case $unit in
        cim-cockpit.service | cim-cockpit-ingest@*.service | cim-cockpit-broker.service | cim-cockpit-mosquitto.service) ;;
        cim-cockpit-web@*.service) port=${unit#cim-cockpit-web@} ;;
        *) continue ;;
        esac
        systemctl is-active --quiet "$unit" || {
            said="$unit does not run"
            return 1
        }
        case $unit in cim-cockpit-ingest@* | cim-cockpit-broker.* | cim-cockpit-mosquitto.*) continue ;; esac
        said=$(
            [ -z "$port" ] || export COCKPIT_HTTP_PORT="${port%.service}"
            cockpit "$1" check --only web 2>&1
        ) || return 1
    done
}
# shellcheck disable=SC2086 # a list of units
processes() { systemctl show --property=MainPID --value $running; }

# Waits until they are well, and still are a while later, the same processes; where nothing runs there is nothing to see.
seen_well() {
    [ -n "$running" ] || return 0
    until=$(($(date +%s) + ready_seconds))
    while :; do
        if are_well "$1"; then
            those=$(processes)
            sleep "$steady_seconds"
            if [ "$(processes)" = "$those" ]; then
                ! are_well "$1" || return 0
            else
                said="it ends and is begun again"
            fi
        fi
        [ "$(date +%s)" -lt "$until" ] || return 1
        sleep 1
    done
}

# The newest migration of each database, on one line, in $has.
ask_schemas() {
    has=$(cockpit "$version" db schema) || return 1
    has=$(printf '%s\n' "$has" | tr '\n' ' ')
}

# What is begun from now on takes nothing; the file says which backup there is the way back to.
close_up() {
    printf '%s\n' "${backup:-none}" | runuser -u "$user" -- tee "$closed" >/dev/null
    sync "$closed"
}
open_up() { rm -f "$closed"; }

# The copy to go back to. It is not encrypted, whatever the settings say: what is put back by itself must open without a
# key that is kept elsewhere. That it can be put back is tried, all but the exchange.
back_up() {
    folder=$data/before-upgrade
    install -d -m 700 -o "$user" -g "$user" "$folder"
    backup=$folder/$old-to-$version-$(date +%Y%m%d-%H%M%S).backup
    say "backing up to $backup (not encrypted; for $user alone)"
    if said=$(cockpit "$old" db backup --plain "$backup" 2>&1) &&
        said=$(cockpit "$old" db restore --dry-run "$backup" 2>&1); then
        # The two newest stay.
        find "$folder" -maxdepth 1 -name '*.backup*' -printf '%T@ %p\n' | sort -rn | tail -n +3 | cut -d' ' -f2- |
            while read -r one; do rm -f "$one"; done
        return 0
    fi
    echo "$said" >&2
    rm -f "$backup"
    backup=''
    return 1
}

# Nothing was changed yet: the former version runs on.
leave() {
    open_up
    start_units
    seen_well "$old" || die "$1, so nothing was changed; but $old does not say that it is ready: $said"
    unmark
    die "$1, so nothing was changed; $old runs on"
}

# To the former version and the database of before. Nothing was acknowledged since: the units were stopped or closed.
# A backup is put back only where this upgrade made it, the database is not as it was, and nobody opened what is closed.
go_back() {
    stop_units
    point_to "$old"
    install_units "$base/$old/systemd"
    ask_schemas || die "the database does not answer, so nothing was put back, and nothing is taken in until this file is run again"
    if [ "$has" != "$schema" ] || [ "$stage" = restoring ]; then
        [ -n "$backup" ] || die "the database is not of $old any more, and no backup was made here: put your own back, and run this file again"
        [ "$(cat "$closed" 2>/dev/null)" = "$backup" ] ||
            die "$closed does not name $backup: it was opened since, and what is there may be newer than that. Nothing was put back; what to do is for a person to say (cockpit db restore $backup; then rm $base/upgrading)"
        mark restoring
        said=$(cockpit "$old" db restore "$backup" 2>&1) ||
            die "the backup could not be put back: $said. Nothing is taken in until this file is run again, or: cockpit db restore $backup"
    fi
    mark former
    open_up
    start_units
    seen_well "$old" || die "$old does not come up either: $said"
    unmark
}

# What was cut off (power) is brought to an end of which something is known: the former version with its data, where nothing
# can have been taken in since; else what counts is started as it is.
mend_interrupted() {
    [ -e "$base/upgrading" ] || return 0
    stage=$(marked stage) old=$(marked from) running=$(marked running) schema=$(marked schema) backup=$(marked backup)
    case $stage in
    beginning)
        old=''
        return 0
        ;;
    changing | restoring)
        say "an upgrade to $(marked to) was cut off; going back to $old"
        go_back
        return 0
        ;;
    newer) old=$(marked to) ;;
    esac
    say "an upgrade was cut off; starting $old as it is"
    stop_units
    point_to "$old"
    install_units "$base/$old/systemd"
    open_up
    start_units
    if seen_well "$old"; then
        unmark
    elif [ "$old" = "$version" ]; then
        die "$old does not say that it is ready: $said"
    else
        say "$old does not say that it is ready: $said"
    fi
}

upgrade() {
    say "upgrading $old to $version"
    backup='' schema=''
    # Those of an upgrade before that did not end count as well.
    [ -n "$running" ] || find_running
    mark former
    stop_units
    [ -n "$is_backed_up" ] || back_up || leave "no backup could be made that can be put back; with one of your own: --backed-up"
    ask_schemas || leave "the database does not answer"
    schema=$has
    close_up || leave "$closed could not be written"
    mark changing
    said=$(COCKPIT_BACKUP_BEFORE_UPGRADE=false && export COCKPIT_BACKUP_BEFORE_UPGRADE && cockpit "$version" db upgrade 2>&1) ||
        refuse "the database could not be brought up to date: $said"
    point_to "$version"
    install_entry
    say "starting $version closed: it takes nothing until it was seen well"
    start_units
    seen_well "$version" || refuse "it does not say that it is ready: $said"
    mark newer
    stop_units
    open_up
    start_units
    seen_well "$version" || die "$version was well while it was closed, and does not say so now that it is open: $said.
It may have taken in what came, so nothing goes back by itself. Look at its log (journalctl -u cim-cockpit), and run this file
again. To go back and lose what came since: stop it, ln -sfn $old $base/current, cockpit db restore ${backup:-your backup}"
    unmark
    forget_older
    say "$version is in place; the backup of before: ${backup:-your own}"
}

refuse() {
    say "$1; going back to $old" >&2
    go_back
    die "$version was not taken: $1. $old runs again, with its data of before; the log: journalctl -u cim-cockpit"
}

# The former version stays, for the way back; what is older goes.
forget_older() {
    for one in "$base"/*/installed; do
        one=$(basename "$(dirname "$one")")
        [ "$one" = "$version" ] || [ "$one" = "$old" ] || [ "$one" = current ] || rm -rf "${base:?}/$one"
    done
}
