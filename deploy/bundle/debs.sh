#!/bin/sh
# Gets the Debian packages that a bundle carries, with all that they need on a bare root, and their index. Usage: debs.sh FOLDER
# Debian's own Python, and not one that is carried about: it gets Debian's security updates with the rest of the machine.
# age opens a backup where no cockpit runs.
set -eu
folder=$1
mkdir -p "$folder/partial"
folder=$(cd "$folder" && pwd)
bare=$(mktemp)
trap 'rm -f "$bare"' EXIT
# An empty machine has nothing: so nothing is left out that some machine lacks.
apt-get -qq -y --no-install-recommends --download-only -o Dir::State::status="$bare" -o Dir::Cache::archives="$folder" \
    -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 -o APT::Get::AllowUnauthenticated=false \
    install python3.11 python3.11-venv fonts-noto-cjk nginx age >/dev/null
rmdir "$folder/partial" 2>/dev/null || rm -rf "$folder/partial"
rm -f "$folder/lock"
cd "$folder"
for package in *.deb; do
    # A file's name may hold %3a for a colon, which apt would read as an address does.
    plain=$(printf '%s' "$package" | sed 's/%3a/_/')
    [ "$package" = "$plain" ] || mv "$package" "$plain"
    dpkg-deb -f "$plain"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$plain" "$(stat -c %s "$plain")" "$(sha256sum "$plain" | cut -d' ' -f1)"
done >Packages
