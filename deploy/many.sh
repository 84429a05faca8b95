#!/bin/sh
# Everything twice, on one machine: PostgreSQL with a synchronous standby, a NATS cluster of three, two ingesters, two web
# processes. An example of how it is put together on several, and what a test of it runs.
#
# Usage: deploy/many.sh COMMAND FOLDER
#   start    makes what is not there yet, starts what does not run, and tells how it is reached
#   status   what runs, which database takes writes, whether its standby is in step
#   promote  the standby takes the primary's place, which is ended first wherever it still runs
#   standby  makes the other database anew as a standby of the one that takes writes, and waits until it is in step
#   alone    lets the primary go on without its standby: it waits for none from here on
#   stop     ends all of it; start goes on with the same data
#
# Ports: DATABASE_PORT and the next (15432), MQTT_PORT and the next two (1883), ROUTE_PORT and CLIENT_PORT as in
# nats-cluster.sh, WEB_PORT and the next (8050). As root the databases run as the user postgres.
set -eu
usage="usage: deploy/many.sh start|status|promote|standby|alone|stop FOLDER"
command=${1:?$usage}
folder=${2:?$usage}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cockpit=${COCKPIT:-$here/../.venv/bin/cockpit}
first_port=${DATABASE_PORT:-15432}
web_port=${WEB_PORT:-8050}
bin=$(find /usr/lib/postgresql -path '*/bin/pg_ctl' 2>/dev/null | sort -V | tail -1)
bin=${bin%/pg_ctl}
db=$folder/db

fail() {
    echo "cockpit: $1" >&2
    exit "${2:-1}"
}

as_database() {
    if [ "$(id -u)" = 0 ]; then
        (cd "$db" && runuser -u postgres -- "$@")
    else
        (cd "$db" && "$@")
    fi
}

port_of() {
    if [ "$1" = a ]; then echo "$first_port"; else echo "$((first_port + 1))"; fi
}

other_of() {
    if [ "$1" = a ]; then echo b; else echo a; fi
}

primary() {
    cat "$folder/primary"
}

ask() { # node, statement
    as_database "$bin/psql" -h "$db/run" -p "$(port_of "$1")" -d postgres -XAtqc "$2"
}

runs() { # name of a process of ours
    [ -s "$folder/$1.pid" ] && alive "$(cat "$folder/$1.pid")"
}

alive() { # a process, and not one that is dead and only not yet counted out
    case $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) in '' | Z) return 1 ;; esac
}

database_runs() {
    [ -s "$db/$1/postmaster.pid" ] && alive "$(head -1 "$db/$1/postmaster.pid")"
}

end_for_good() { # a database, with whatever a killed one left running: each works in its folder
    if database_runs "$1"; then as_database "$bin/pg_ctl" -D "$db/$1" -m immediate -w stop >/dev/null; fi
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$db/$1" ]; then kill -9 "${process#/proc/}" 2>/dev/null || true; fi
    done
}

start_database() {
    # What pg_ctl leaves behind would hold a pipe of ours open.
    database_runs "$1" || as_database "$bin/pg_ctl" -D "$db/$1" -w -t 60 -l "$db/$1.log" start >/dev/null 2>&1 </dev/null ||
        fail "database $1 does not start; see $db/$1.log"
}

make_primary() {
    mkdir -p "$db/run"
    if [ "$(id -u)" = 0 ]; then chown -R postgres "$db"; fi
    as_database true 2>/dev/null || fail "the user postgres cannot reach $db" 2
    secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    as_database "$bin/initdb" -D a -E UTF8 --no-locale --auth-local=peer --auth-host=scram-sha-256 >/dev/null
    as_database sh -c "cat >>a/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$db/run'
hot_standby = on
wal_keep_size = 512MB
include = '../a.conf'
CONF
    own_settings a
    start_database a
    echo a >"$folder/primary"
    ask a "CREATE ROLE cockpit LOGIN CREATEDB PASSWORD '$secret'; CREATE ROLE standby LOGIN REPLICATION PASSWORD '$secret'"
    ask a "CREATE DATABASE cockpit OWNER cockpit"
    # libpq reads a file of passwords only where nobody else may.
    (umask 077 && echo "*:*:*:*:$secret" >"$folder/passwords")
    as_database sh -c "umask 077 && cat >passwords" <"$folder/passwords"
}

own_settings() { # what differs between the two stands beside each, since a standby is a copy of the other
    as_database sh -c "printf \"port = %s\ncluster_name = '%s'\n\" '$(port_of "$1")' '$1' >$1.conf"
}

make_standby() { # of the primary
    from=$(primary)
    node=$(other_of "$from")
    # Whole before the former one goes: it may be the only one that has all.
    as_database rm -rf "$db/$node.new"
    as_database "$bin/pg_basebackup" -D "$node.new" -R -X stream -c fast \
        -d "host=127.0.0.1 port=$(port_of "$from") user=standby passfile=$db/passwords application_name=$node" ||
        fail "database $from, which should take writes, gives no copy; was it killed? Then: promote"
    as_database sed -i "s|^include = .*|include = '../$node.conf'|" "$node.new/postgresql.conf"
    # A standby waits for none, should it ever be the one that takes writes.
    as_database sed -i '/^synchronous_standby_names/d' "$node.new/postgresql.auto.conf"
    end_for_good "$node"
    as_database rm -rf "$db/$node"
    as_database mv "$db/$node.new" "$db/$node"
    own_settings "$node"
    start_database "$node"
    # From here on a commit is told as done when both have it on their disks.
    ask "$from" "ALTER SYSTEM SET synchronous_standby_names = '*'"
    ask "$from" "SELECT pg_reload_conf()" >/dev/null
    tries=0
    until [ "$(ask "$from" "SELECT sync_state FROM pg_stat_replication")" = sync ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || fail "the standby is not in step after 60 s; see $db/$node.log"
        sleep 0.2
    done
}

wait_for_none() {
    ask "$1" "ALTER SYSTEM RESET synchronous_standby_names"
    ask "$1" "SELECT pg_reload_conf()" >/dev/null
}

settings() {
    hosts="host=127.0.0.1:$first_port&host=127.0.0.1:$((first_port + 1))"
    export PGPASSFILE="$folder/passwords"
    export COCKPIT_DATABASE_URL="postgresql+psycopg://cockpit@/cockpit?$hosts&target_session_attrs=read-write"
    export COCKPIT_DATA_DIR="$folder/data"
    if [ -s "$folder/mqtt.url" ]; then
        COCKPIT_MQTT_URL=$(cat "$folder/mqtt.url")
        export COCKPIT_MQTT_URL
    fi
}

begin() { # name, command...
    name=$1
    shift
    runs "$name" || {
        nohup "$@" >>"$folder/$name.log" 2>&1 </dev/null &
        echo $! >"$folder/$name.pid"
    }
}

start_brokers() {
    if runs nats; then return; fi
    : >"$folder/nats.log"
    begin nats "$here/nats-cluster.sh" "$folder/nats"
    until grep -q "JetStream cluster new metadata leader" "$folder"/nats/node-?.log 2>/dev/null; do
        runs nats || fail "the brokers do not start; see $folder/nats.log"
        sleep 0.2
    done
    found=$(sed -n 's/.*COCKPIT_MQTT_URL=\([^ ]*\).*/\1/p' "$folder/nats.log" | head -1)
    # It is told once, with its secret.
    [ -s "$folder/mqtt.url" ] || (umask 077 && echo "$found" >"$folder/mqtt.url")
}

is_ready() { # port
    "$(dirname "$cockpit")/python" -c 'import sys, urllib.request as asked
asked.urlopen(f"http://127.0.0.1:{sys.argv[1]}/readyz", timeout=5)' "$1" 2>/dev/null
}

start() {
    [ -n "$bin" ] || fail "PostgreSQL is missing (as root: apt-get install -y postgresql)" 2
    [ -x "$cockpit" ] || fail "no command $cockpit; COCKPIT names it" 2
    if [ -s "$folder/primary" ]; then
        start_database "$(primary)"
        start_database "$(other_of "$(primary)")"
    else
        make_primary
        make_standby
    fi
    settings
    COCKPIT=$cockpit start_brokers
    settings
    "$cockpit" db upgrade >/dev/null
    for number in 1 2; do
        begin "ingest-$number" "$cockpit" ingest
        begin "web-$number" env COCKPIT_HTTP_PORT="$((web_port + number - 1))" "$cockpit" web
    done
    for number in 1 2; do
        until is_ready "$((web_port + number - 1))"; do
            runs "web-$number" || fail "web-$number has ended; see $folder/web-$number.log"
            sleep 0.2
        done
    done
    echo "web      http://127.0.0.1:$web_port/ http://127.0.0.1:$((web_port + 1))/"
    echo "MQTT     $(sed 's/.*@//' "$folder/mqtt.url")"
    echo "settings PGPASSFILE=$PGPASSFILE COCKPIT_DATA_DIR=$COCKPIT_DATA_DIR COCKPIT_DATABASE_URL='$COCKPIT_DATABASE_URL'"
}

status() {
    for name in nats ingest-1 ingest-2 web-1 web-2; do
        if runs "$name"; then echo "$name runs"; else echo "$name does not run"; fi
    done
    for node in a b; do
        if ! database_runs "$node"; then
            echo "database $node does not run"
        elif [ "$(ask "$node" "SELECT pg_is_in_recovery()")" = t ]; then
            echo "database $node is a standby"
        else
            told=$(ask "$node" "SELECT application_name || ' is ' || sync_state FROM pg_stat_replication")
            waits=$(ask "$node" "SHOW synchronous_standby_names")
            echo "database $node takes writes; standby: ${told:-none}$([ -n "$waits" ] || echo ', it waits for none')"
        fi
    done
}

promote() {
    old=$(primary)
    new=$(other_of "$old")
    database_runs "$new" || fail "the standby, database $new, does not run: there is nothing to promote"
    # Never two that take writes: what is written to the one that nobody follows would be lost.
    end_for_good "$old"
    as_database "$bin/pg_ctl" -D "$db/$new" -w promote >/dev/null
    echo "$new" >"$folder/primary"
    echo "database $new takes writes, and waits for no standby: deploy/many.sh standby $folder makes one"
}

stop() {
    for name in web-1 web-2 ingest-1 ingest-2 nats; do
        if runs "$name"; then
            pid=$(cat "$folder/$name.pid")
            kill "$pid"
            while alive "$pid"; do sleep 0.1; done
        fi
        rm -f "$folder/$name.pid"
    done
    if [ -s "$folder/primary" ]; then
        # The standby last: until then the primary's last commits wait for it.
        for node in $(primary) $(other_of "$(primary)"); do
            if database_runs "$node"; then as_database "$bin/pg_ctl" -D "$db/$node" -m fast -w stop >/dev/null; fi
        done
    fi
}

case $command in
start) start ;;
status) status ;;
promote) promote ;;
standby) make_standby ;;
alone) wait_for_none "$(primary)" ;;
stop) stop ;;
*) fail "$usage" 2 ;;
esac
