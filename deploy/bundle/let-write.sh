#!/bin/sh
# Lets the units write what the settings name outside of their own folder: a target of backups, a database elsewhere. As root;
# the installer does so by itself, and after such a change of the settings: sh /opt/cim-cockpit/current/let-write.sh
set -eu
place=${1:-/opt/cim-cockpit/current}
units=${UNITS:-/etc/systemd/system} data=/var/lib/cim-cockpit
text=$(cd "$data" && COCKPIT_SETTINGS_FILE=/etc/cim-cockpit/cockpit.toml \
    runuser -u cim-cockpit -- "$place/venv/bin/python" -I -m cockpit.checks.units)
for unit in "$place"/systemd/*.service; do
    unit=$(basename "$unit")
    file=$units/$unit.d/50-written.conf
    if [ -n "$text" ]; then
        install -d "$units/$unit.d"
        printf '%s\n' "$text" >"$file.part"
        mv "$file.part" "$file"
    elif [ -e "$file" ]; then
        rm -f "$file"
        rmdir --ignore-fail-on-non-empty "$units/$unit.d"
    fi
done
[ ! -d /run/systemd/system ] || systemctl daemon-reload
