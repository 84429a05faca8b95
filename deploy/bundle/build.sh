#!/bin/sh
# Makes dist/cim-cockpit-VERSION-debian12-x86_64.run: one file that installs the cockpit on a Debian 12 without internet.
# Needs Debian 12 (its packages and its Python are what is carried), apt and this project's environment. As any user.
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
work=build/bundle
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
# shellcheck source=/dev/null
[ "$(. /etc/os-release && echo "$VERSION_CODENAME")" = bookworm ] && [ "$(uname -m)" = x86_64 ] || {
    echo "cockpit: a bundle is made on the system that it is for: Debian 12, x86_64" >&2
    exit 2
}
rm -rf "$work"
mkdir -p "$work" dist
"$python" deploy/bundle/wheels.py "$work/wheels"
deploy/bundle/debs.sh "$work/debs"
"$python" deploy/bundle/pages.py "$work/docs"
cp -r deploy/systemd deploy/nginx deploy/grafana deploy/prometheus "$work/"
(cd deploy/bundle && cp install.sh upgrading.sh let-write.sh uninstall.sh cockpit cockpit.toml "../../$work/")
cp LICENSE "$work/"
cp "docs/releases/$version.md" "$work/RELEASE.md"
echo "$version" >"$work/VERSION"
# The same tree makes the same file: order, owner and time of what is packed are fixed.
stamp=$(git log -1 --format=%ct 2>/dev/null || date +%s)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$stamp" -C "$work" -cf "$work.tar" .
lines=$(($(wc -l <deploy/bundle/head.sh) + 1))
sum=$(sha256sum "$work.tar" | cut -d' ' -f1)
out=dist/cim-cockpit-$version-debian12-x86_64.run
sed -e "s/@VERSION@/$version/g" -e "s/@SHA256@/$sum/" -e "s/@LINES@/$lines/" deploy/bundle/head.sh >"$out.part"
cat "$work.tar" >>"$out.part"
rm "$work.tar"
chmod 755 "$out.part"
mv "$out.part" "$out"
(cd dist && sha256sum "$(basename "$out")" >"$(basename "$out").sha256")
echo "$out: $(($(stat -c %s "$out") >> 20)) MiB, $(cut -c1-16 "$out.sha256")..."
