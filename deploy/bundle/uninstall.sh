#!/bin/sh
# Takes the cockpit away; data, settings and user stay.
set -eu
[ "$(id -u)" = 0 ] || {
    echo "cockpit: taking it away needs root" >&2
    exit 1
}
if [ -d /run/systemd/system ]; then
    running=$(systemctl list-units --plain --no-legend 'cim-cockpit*.service' | awk '{ print $1 }')
    # shellcheck disable=SC2086 # a list of units
    [ -z "$running" ] || systemctl -q disable --now $running
fi
rm -f /etc/systemd/system/cim-cockpit*.service.d/50-written.conf
rm -f /etc/systemd/system/cim-cockpit.service /etc/systemd/system/cim-cockpit-web@.service \
    /etc/systemd/system/cim-cockpit-ingest@.service /etc/systemd/system/multi-user.target.wants/cim-cockpit*.service \
    /usr/local/bin/cockpit
rm -f /etc/systemd/system/cim-cockpit-mosquitto.service /etc/systemd/system/cim-cockpit-broker.service
[ ! -d /run/systemd/system ] || systemctl daemon-reload
rm -rf /opt/cim-cockpit
echo "cockpit: taken away. Data (/var/lib/cim-cockpit), settings (/etc/cim-cockpit) and the user cim-cockpit stay."
