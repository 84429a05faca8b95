#!/bin/sh
# CIM cockpit @VERSION@ for Debian 12 (x86_64), whole: Python, packages, fonts, documents. It asks no network for anything.
#   sh THIS.run             installs, or upgrades what is installed; as root
#   sh THIS.run --verify    only says whether this file is whole
#   sh THIS.run --extract DIR   only unpacks it
#   sh THIS.run --help      what else there is
set -eu
sum=@SHA256@
payload() { tail -n +@LINES@ "$0"; }
verify() {
    [ "$(payload | sha256sum | cut -d' ' -f1)" = "$sum" ] || {
        echo "cockpit: this file is damaged; copy it again and compare it with its .sha256" >&2
        exit 1
    }
}
case ${1:-} in
--verify)
    verify
    echo "cim-cockpit @VERSION@: whole"
    exit 0
    ;;
--extract)
    verify
    mkdir -p "${2:?--extract DIR}"
    payload | tar -xf - -C "$2"
    exit 0
    ;;
esac
verify
# Not /tmp, which may be small, or forbid programs.
place=$(mktemp -d /var/tmp/cim-cockpit.XXXXXX)
trap 'rm -rf "$place"' EXIT
trap 'exit 1' INT TERM HUP
payload | tar -xf - -C "$place"
sh "$place/install.sh" "$@"
exit 0
# What follows is a tar archive.
