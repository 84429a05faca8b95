#!/bin/sh
# What try.sh does once there is no network. Usage: try-within.sh ROOT VERSION
set -eu
root=$1 version=$2
python=${PYTHON:-.venv/bin/python}
began=$(date +%s)
told() { echo "[$(($(date +%s) - began)) s] $*"; }
failed() {
    told "FAILED: $*" >&2
    tail -n 40 "$root/var/log/cim-cockpit.log" 2>/dev/null >&2 || true
    exit 1
}
# Nothing of this machine's settings comes along.
within() {
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"
}
expect() { printf '%s\n' "$2" | grep -q "$1" || failed "expected '$1' in: $2"; }

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
"$python" deploy/bundle/loopback.py
[ ! -e "$root/usr/bin/python3" ] || failed "the root is not bare"

told "installing $version"
said=$(within sh /root/bundle.run 2>&1) || failed "$said"
echo "$said"
expect "systemd does not run here" "$said"
[ "$(readlink "$root/opt/cim-cockpit/current")" = "$version" ] || failed "no link to $version"
told "installed; beginning"

# A server room's machine has systemd; a root in a folder has not. This does what the units say, and nothing else.
mkdir -p "$root/run/systemd/system"
install -m 755 deploy/bundle/try-systemctl "$root/usr/local/sbin/systemctl"
within systemctl start cim-cockpit.service
n=0
until within cockpit check --only web >/dev/null 2>&1; do
    n=$((n + 1))
    [ "$n" -lt 60 ] || failed "it does not say that it is ready"
    sleep 1
done
told "ready"
"$python" deploy/bundle/look.py http://127.0.0.1:8050 build/try-wall.png || failed "the wall is not there"
told "the wall of heling is there: build/try-wall.png"
within cockpit check || told "cockpit check found the above"

within cockpit device add --community heling --id before-1 --kind air >/dev/null
mkdir "$root/root/next"
within sh /root/bundle.run --extract /root/next
"$python" deploy/bundle/next_release.py "$root/root/next" 99.0.0
told "upgrading"
said=$(within sh /root/next/install.sh 2>&1) || failed "$said"
echo "$said"
expect "99.0.0 is in place" "$said"
within cockpit check --only web >/dev/null || failed "it does not run after the upgrade"
"$python" deploy/bundle/next_release.py "$root/root/next" 99.0.1 --broken
told "upgrading to one that does not come up"
if said=$(within env READY_SECONDS=60 sh /root/next/install.sh 2>&1); then failed "it was taken: $said"; fi
echo "$said"
expect "99.0.0 runs again" "$said"
[ "$(readlink "$root/opt/cim-cockpit/current")" = 99.0.0 ] || failed "the link leads elsewhere"
within cockpit check --only web --only database >/dev/null || failed "the former version does not run, or its database is another's"
within cockpit device list | grep -q before-1 || failed "what was there before is gone"

within systemctl stop cim-cockpit.service
said=$(within sh /root/bundle.run --uninstall 2>&1) || failed "$said"
[ ! -e "$root/opt/cim-cockpit" ] && [ -e "$root/var/lib/cim-cockpit/cockpit.db" ] || failed "taking it away: $said"
told "taken away; data stay. All is well."
