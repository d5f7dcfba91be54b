#!/bin/sh
# Installs what building and testing need and is missing, on Debian and its relatives. Does nothing when all is there.
set -eu

missing=""
need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need cc gcc        # the bundled SQLite is C
need ar binutils
need curl curl     # the manual's own command lines are tests
need zip zip
need python3 python3
need node nodejs    # the web UI is built with it
need npm npm

if ! command -v cargo >/dev/null 2>&1; then
    echo "setup: cargo is missing; install Rust 1.90 or newer" >&2
    exit 1
fi
# A C compiler without the C library's headers cannot build SQLite.
if command -v cc >/dev/null 2>&1 && ! echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1; then
    missing="$missing libc6-dev"
fi

# The browser that walks through the web UI; where it cannot be had those tests are skipped.
browser() {
    [ -z "${CHROMIUM:-}" ] || return 0
    for name in chromium chromium-browser google-chrome; do
        ! command -v $name >/dev/null 2>&1 || return 0
    done
    # Ubuntu's package of that name only fetches a snap.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && ! grep -qi ubuntu /etc/os-release; then
        echo "setup: installing chromium"
        apt-get update -q || return 0
        ! DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium || return 0
    fi
    echo "setup: no Chromium; the browser tests will be skipped" >&2
}

case $missing in *gcc*) missing="$missing libc6-dev" ;; esac
if [ -z "$missing" ]; then
    browser
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: please install:$missing" >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "setup: please install, as root:$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
echo "setup: installing$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086 # a list of packages
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing
browser
