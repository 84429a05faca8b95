#!/bin/sh
# The checker of the pages' scripts, as package-lock.json names it, in node_modules. Usage: deploy/typescript.sh
# TypeScript is pinned, since a newer one finds other faults: 5.9 runs on any node from 14 on, so also on Debian 12's 18;
# 7 is a program of its own for each kind of processor. The lock names no address, so any registry will do.
set -eu
if ! command -v npm >/dev/null; then
    if [ "$(id -u)" != 0 ]; then
        echo "cockpit: the check of the scripts needs nodejs and npm (as root: apt-get install -y nodejs npm)" >&2
        exit 2
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
