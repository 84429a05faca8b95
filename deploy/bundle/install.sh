#!/bin/sh
# Installs the cockpit from the folder that this lies in, or upgrades it; asks no network for anything.
# How one version takes the place of another stands in upgrading.sh.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
version=$(cat "$here/VERSION")
base=/opt/cim-cockpit data=/var/lib/cim-cockpit conf=/etc/cim-cockpit user=cim-cockpit
units=/etc/systemd/system
with_nginx='' start=1 is_backed_up=''

usage() {
    cat <<END
CIM cockpit $version. As root:
  (nothing)      install, or upgrade what is installed; a new installation starts now and at each boot
  --with-nginx   install nginx too, and put the example with TLS beside its sites
  --no-start     install only; start it yourself
  --backed-up    upgrade although no backup can be made here (PostgreSQL without pg_dump): you have one
  --uninstall    take the program away; data and settings stay
END
}

say() { echo "cockpit: $*"; }
die() {
    echo "cockpit: $*" >&2
    exit 1
}
# A command of a version, as the user that the data belong to.
cockpit() {
    of=$1
    shift
    (cd "$data" && umask 077 && HOME=$data COCKPIT_SETTINGS_FILE=$conf/cockpit.toml \
        exec runuser -u "$user" -- "$base/$of/venv/bin/cockpit" "$@")
}
python() {
    (cd "$data" && COCKPIT_SETTINGS_FILE=$conf/cockpit.toml exec runuser -u "$user" -- "$base/$1/venv/bin/python" -I -c "$2")
}
has_systemd() { [ -d /run/systemd/system ]; }
# shellcheck source=deploy/bundle/upgrading.sh
. "$here/upgrading.sh"

check_machine() {
    [ "$(id -u)" = 0 ] || die "installing needs root: sudo sh ..."
    # shellcheck source=/dev/null
    [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ] && [ "$(uname -m)" = x86_64 ] ||
        die "this file is for Debian 12 on x86_64; take the one for this system"
    free=$(df -Pk /opt | awk 'END { print $4 }')
    [ "$free" -gt 1500000 ] || die "/opt has $((free >> 10)) MiB free; 1500 are needed"
}

check_order() {
    [ -n "$old" ] && [ "$old" != "$version" ] || return 0
    newest=$(printf '%s\n%s\n' "$old" "$version" | sort -V | tail -n 1)
    [ "$newest" = "$version" ] || die "$old is installed, which is newer; a database is never taken back: restore its backup"
}

install_packages() {
    wanted="python3.11 python3.11-venv fonts-noto-cjk"
    [ -z "$with_nginx" ] || wanted="$wanted nginx"
    state=$(mktemp -d /var/tmp/cim-cockpit-apt.XXXXXX)
    mkdir -p "$state/lists/partial" "$state/none"
    echo "deb [trusted=yes] file:$here/debs ./" >"$state/sources.list"
    options="-o Dir::Etc::SourceList=$state/sources.list -o Dir::Etc::SourceParts=$state/none -o Dir::State::Lists=$state/lists
      -o Acquire::Languages=none -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0"
    # What is there already, newer perhaps, stays as it is: apt takes only what is missing.
    # shellcheck disable=SC2086 # lists of words
    apt-get -qq $options update &&
        DEBIAN_FRONTEND=noninteractive apt-get -qq -y $options --no-install-recommends --no-upgrade install $wanted \
            >"$state/log" 2>&1 || {
        tail -n 20 "$state/log" >&2 || true
        rm -rf "$state"
        die "Debian's packages could not be installed: $wanted"
    }
    rm -rf "$state"
}

make_user_and_folders() {
    getent passwd "$user" >/dev/null ||
        useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin "$user"
    install -d -m 755 "$base"
    install -d -m 700 -o "$user" -g "$user" "$data"
    install -d -m 750 -g "$user" "$conf"
    [ -e "$conf/cockpit.toml" ] || install -m 640 -g "$user" "$here/cockpit.toml" "$conf/cockpit.toml"
}

install_program() {
    place=$base/$version
    if [ -e "$place/installed" ]; then
        # What counts is never changed under those that run it.
        cmp -s "$place/wheels.txt" "$here/wheels/requirements.txt" ||
            die "another build of $version is installed; a build that is to take its place needs a version of its own"
        return 0
    fi
    say "installing $version in $place"
    rm -rf "$place"
    mkdir "$place"
    /usr/bin/python3.11 -m venv "$place/venv"
    # Ours alone: no index, no cache, no settings of this machine's pip.
    PIP_CONFIG_FILE=/dev/null "$place/venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --no-index \
        --no-deps --find-links "$here/wheels" --require-hashes -r "$here/wheels/requirements.txt"
    for part in docs systemd nginx grafana prometheus RELEASE.md LICENSE VERSION uninstall.sh let-write.sh; do
        cp -r "$here/$part" "$place/"
    done
    cp "$here/wheels/requirements.txt" "$place/wheels.txt"
    chmod -R go+rX "$place"
    date >"$place/installed"
}

install_units() {
    install -d "$units"
    install -m 644 "$1"/*.service "$units/"
    sh "$base/$version/let-write.sh" "$base/$version" || say "what the units may write was left as it is: cockpit check" >&2
    ! has_systemd || systemctl daemon-reload
}

install_entry() {
    install -m 755 "$here/cockpit" /usr/local/bin/cockpit
    install -m 755 "$here/uninstall.sh" "$base/uninstall.sh"
    install_units "$here/systemd"
    if [ -n "$with_nginx" ] && [ ! -e /etc/nginx/sites-available/cim-cockpit.conf ]; then
        install -m 644 "$here/nginx/cim-cockpit.conf" /etc/nginx/sites-available/cim-cockpit.conf
        say "nginx: put names and certificate into /etc/nginx/sites-available/cim-cockpit.conf, link it in sites-enabled"
    fi
}

begin() {
    mark beginning
    point_to "$version"
    install_entry
    open_up
    cockpit "$version" db upgrade >/dev/null
    if ! has_systemd; then
        unmark
        say "systemd does not run here, so nothing was started. Where it does: systemctl enable --now cim-cockpit"
        return
    fi
    if [ -z "$start" ]; then
        unmark
        say "installed; start it with systemctl enable --now cim-cockpit"
        return
    fi
    systemctl -q enable cim-cockpit.service
    running=cim-cockpit.service
    start_units
    seen_well "$version" || die "installed, but it does not say that it is ready: $said"
    unmark
    say "it runs, and starts at each boot. The first admin's link:"
    journalctl -u cim-cockpit -o cat --no-pager | grep -o 'http[^ "]*/welcome?token=[^ "]*' | tail -n 1 || true
}

while [ $# -gt 0 ]; do
    case $1 in
    --with-nginx) with_nginx=1 ;;
    --no-start) start='' ;;
    --backed-up) is_backed_up=1 ;;
    --uninstall) exec sh "$here/uninstall.sh" ;;
    --help | -h)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done
check_machine
old=$(current)
# What was cut off may lead back first.
[ -e "$base/upgrading" ] || check_order
say "installing Debian's packages that are missing"
install_packages
make_user_and_folders
install_program
closed=$(python "$version" 'from cockpit.settings import load; from cockpit.closed import FILE; print(load().data_dir.absolute() / FILE)') ||
    die "the settings cannot be read: $conf/cockpit.toml"
mend_interrupted
check_order
if [ -n "$old" ] && [ "$old" != "$version" ]; then
    upgrade
elif [ -n "$old" ]; then
    install_entry
    say "$version was installed already; command and units were put in place anew"
else
    begin
fi
say "documents: $base/current/docs/index.html; settings: $conf/cockpit.toml; what is amiss: cockpit check"
