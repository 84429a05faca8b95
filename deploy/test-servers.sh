#!/bin/sh
# The servers that the tests start for themselves: brokers of other makes, a client, a database, a surveyor's tool, a browser, a reader of
# what it prints, a clock that is set back.
set -eu
missing=
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
command -v mosquitto_pub >/dev/null || missing="$missing mosquitto-clients"
[ -x /usr/lib/postgresql/15/bin/initdb ] || missing="$missing postgresql-15"
[ -x /usr/sbin/nats-server ] || command -v nats-server >/dev/null || missing="$missing nats-server"
command -v ogr2ogr >/dev/null || missing="$missing gdal-bin"
command -v pdftotext >/dev/null || missing="$missing poppler-utils"
[ -n "$(find /usr/lib -path '*/faketime/libfaketime.so.1' -print -quit 2>/dev/null)" ] || missing="$missing libfaketime"
command -v chromium-headless-shell >/dev/null || missing="$missing chromium-headless-shell"
# Asked of the files, not of fc-list, which a bare machine has not.
[ -n "$(find /usr/share/fonts -name 'NotoSansCJK*' -print -quit 2>/dev/null)" ] || missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "cockpit: the tests need$missing (as root: apt-get install -y$missing)" >&2
    exit 2
fi
# A package must not start a broker of its own beside the tests'.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made=$policy
fi
trap '[ -z "$made" ] || rm -f "$made"' EXIT
apt-get update -qq
# shellcheck disable=SC2086 - a list of packages
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
