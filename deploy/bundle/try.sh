#!/bin/sh
# Tries the bundle as a server room has it: a bare Debian 12, no network. It is installed, started as its own user, seen by a
# browser, upgraded, and an upgrade that does not come up is taken back. Times are told. As root; needs a network once, for
# the bare root, which is kept in build/.
set -eu
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
bundle=dist/cim-cockpit-$version-debian12-x86_64.run
bare=build/bare-debian12.tar
[ "$(id -u)" = 0 ] || {
    echo "cockpit: trying the bundle needs root" >&2
    exit 2
}
command -v mmdebstrap >/dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
}
[ -e "$bare" ] || mmdebstrap --quiet --variant=minbase --mode=root bookworm "$bare"
root=$(mktemp -d /var/tmp/cim-cockpit-try.XXXXXX)
trap 'rm -rf --one-file-system "$root"' EXIT
tar -xf "$bare" -C "$root"
cp "$bundle" "$root/root/bundle.run"
# Processes, mounts and the network of it end with the shell within.
unshare --net --mount --pid --fork --kill-child sh deploy/bundle/try-within.sh "$root" "$version"
