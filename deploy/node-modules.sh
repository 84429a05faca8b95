#!/bin/sh
# What checks the pages, as package-lock.json names it, in node_modules. Usage: deploy/node-modules.sh
# TypeScript checks the scripts. It is pinned, since a newer one finds other faults: 5.9 runs on any node from 14 on, so
# also on Debian 12's 18; 7 is a program of its own for each kind of processor. axe-core looks in a test's browser for what
# keeps people out, and never leaves the tests. The lock names no address, so any registry will do.
set -eu
if ! command -v npm >/dev/null; then
    if [ "$(id -u)" != 0 ]; then
        echo "cockpit: the check of the pages needs nodejs and npm (as root: apt-get install -y nodejs npm)" >&2
        exit 2
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
