#!/bin/sh
# Starts a cluster of three NATS servers with an MQTT listener each, on one machine, and follows the registry.
# Usage: deploy/nats-cluster.sh FOLDER; COCKPIT_DATABASE_URL or COCKPIT_DATA_DIR say which registry. Ctrl-C ends it.
# On three machines: run cockpit broker config with their addresses as --host, and nats-server on each.
set -eu
folder=${1:?usage: deploy/nats-cluster.sh FOLDER}
cockpit=${COCKPIT:-.venv/bin/cockpit}
server=$(command -v nats-server || echo /usr/sbin/nats-server)
[ -x "$server" ] || {
    echo "cockpit: nats-server is missing (as root: apt-get install -y nats-server)" >&2
    exit 2
}
options="--make nats --host 127.0.0.1 --host 127.0.0.1 --host 127.0.0.1 --port ${MQTT_PORT:-1883} \
  --route-port ${ROUTE_PORT:-6222} --client-port ${CLIENT_PORT:-4222}"
pids=
trap '[ -z "$pids" ] || kill $pids 2>/dev/null || true; wait' EXIT
trap 'exit 0' INT TERM
# shellcheck disable=SC2086 - a list of options
"$cockpit" broker config "$folder" $options
for node in 1 2 3; do
    "$server" -c "$folder/node-$node.conf" -P "$folder/node-$node.pid" -l "$folder/node-$node.log" &
    pids="$pids $!"
done
signals=
for node in 1 2 3; do
    while [ ! -s "$folder/node-$node.pid" ]; do sleep 0.1; done
    signals="$signals --pid-file $folder/node-$node.pid"
done
# shellcheck disable=SC2086
"$cockpit" broker config "$folder" $options $signals --watch &
pids="$pids $!"
wait
