#!/bin/sh
# Makes the virtual environment that requirements.lock describes. Usage: deploy/venv.sh FOLDER
set -eu
venv=$1
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "cockpit: Python 3.11 or newer is needed; set PYTHON to it" >&2
    exit 2
}
# Debian keeps the part of venv that brings pip in a package of its own.
"$python" -c 'import ensurepip' 2>/dev/null || {
    if [ "$(id -u)" != 0 ]; then
        echo "cockpit: install python3-venv first (as root: apt-get install -y python3-venv)" >&2
        exit 2
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
}
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
