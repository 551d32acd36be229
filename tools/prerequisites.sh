# shellcheck shell=bash
# What the machine must have before anything is installed, and the command that brings it. Sourced by ./dev.
# Sets PYTHON, MISSING, ABSENT_EMULATORS and, where Python's own compilers are absent, CC and CXX.
# Uses VENV, LOG and ASSUME_YES.

PYTHON=
MISSING= # words out of: python venv compiler headers java emulators redis
ABSENT_EMULATORS=

python_says() {
    "$PYTHON" -c "import os, sysconfig; $1" 2>>"$LOG"
}

find_python() {
    local candidate
    for candidate in ${SWELL_PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>>"$LOG"; then
            PYTHON=$(command -v "$candidate")
            return
        fi
    done
    return 1
}

# The compilers that Python was built with, or the machine's own. macOS has a c++ that only asks to be installed,
# and clang can stand without a standard library: so compile something.
find_compiler() {
    local cc cxx
    cc=${CC:-$(python_says 'print(sysconfig.get_config_var("CC").split()[0])')}
    cxx=${CXX:-$(python_says 'print(sysconfig.get_config_var("CXX").split()[0])')}
    if ! command -v "${cc%% *}" "${cxx%% *}" >/dev/null 2>&1; then
        export CC=cc CXX=c++
        cxx=c++
    fi
    echo '#include <vector>' | $cxx -x c++ -fsyntax-only - >>"$LOG" 2>&1
}

find_missing_prerequisites() {
    MISSING=
    if ! find_python; then
        MISSING="python"
        return
    fi
    "$PYTHON" -c 'import ensurepip, venv' 2>>"$LOG" || MISSING="venv"
    find_compiler || MISSING="$MISSING compiler"
    # a distribution keeps the headers in a package of their own; pyenv and python.org bring them along
    [ -e "$(python_says 'print(sysconfig.get_path("include"))')/Python.h" ] || MISSING="$MISSING headers"
}

# Sets ABSENT_EMULATORS to what Google's emulators lack, in words; empty if they are all here or given from outside.
# The environment must be set up: `swell.local.emulators` knows, since it is what starts them.
find_missing_emulators() {
    MISSING=
    ABSENT_EMULATORS=
    if [ -n "${PUBSUB_EMULATOR_HOST:-}" ] && [ -n "${FIRESTORE_EMULATOR_HOST:-}" ] &&
        [ -n "${STORAGE_EMULATOR_HOST:-}" ]; then
        return
    fi
    ABSENT_EMULATORS=$("$VENV/bin/python" -c '
from swell.local.emulators import Emulators
print("; ".join(Emulators.missing()))' 2>&1 | tail -n 1) || true
    case "$ABSENT_EMULATORS" in *Java*) MISSING=java ;; esac
    case "$ABSENT_EMULATORS" in *SDK* | *component*) MISSING="$MISSING emulators" ;; esac
}

# Redis is no emulator, but what instances share through it is tested on a real one, and handled alike.
find_missing_redis() {
    MISSING=
    command -v redis-server >/dev/null 2>&1 || MISSING=redis
}

platform() {
    if [ "$(uname -s)" = Darwin ]; then
        echo macos
    else
        # shellcheck disable=SC1091
        case " $(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-} ${VERSION_CODENAME:-}") " in
        *" jammy "*) echo jammy ;; # Ubuntu 22.04: python3 is 3.10, python3.11 stands beside it
        *" debian "* | *" ubuntu "*) echo debian ;;
        *" fedora "* | *" rhel "*) echo fedora ;;
        *) echo other ;;
        esac
    fi
}

# Prints the packages that bring each of MISSING.
packages() {
    local python=python3 what
    case "$PYTHON" in /usr/bin/python3.*) python=$(basename "$PYTHON") ;; esac
    for what in $MISSING; do
        case "$(platform):$what" in
        debian:python) echo python3 python3-venv python3-dev g++ ;;
        jammy:python) echo python3.11 python3.11-venv python3.11-dev g++ ;;
        debian:venv | jammy:venv) echo "$python-venv" ;;
        debian:headers | jammy:headers) echo "$python-dev" ;;
        debian:compiler | jammy:compiler) echo g++ ;;
        debian:java) echo default-jre-headless ;;
        jammy:java) echo openjdk-17-jre-headless ;;
        debian:emulators | jammy:emulators) echo google-cloud-cli-{pubsub,firestore}-emulator ;;
        debian:redis | jammy:redis) echo redis-server ;;
        fedora:redis) echo redis ;;
        fedora:python) echo python3.11 python3.11-devel gcc-c++ ;;
        fedora:venv) echo python3-libs ;;
        fedora:headers) echo "$python-devel" ;;
        fedora:compiler) echo gcc-c++ ;;
        fedora:java) echo java-latest-openjdk-headless ;;
        fedora:emulators) echo google-cloud-cli-{pubsub,firestore}-emulator ;;
        esac
    done | xargs
}

# Prints the command that brings each of MISSING on this platform.
remedy() {
    local sudo=
    [ "$(id -u)" = 0 ] || sudo="sudo "
    case "$(platform):$MISSING" in
    debian:* | jammy:*)
        echo "${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends $(packages)"
        ;;
    fedora:*) echo "${sudo}dnf install -y $(packages)" ;;
    macos:*python*) echo "xcode-select --install; brew install python@3.11" ;;
    *:redis) echo "install redis-server" ;;
    *:*java* | *:*emulators*)
        echo "install a Java 17 runtime, then: gcloud components install pubsub-emulator cloud-firestore-emulator"
        ;;
    macos:*) echo "xcode-select --install" ;;
    *) echo "install a C++ compiler, and Python 3.11 or later with its headers and its venv module" ;;
    esac
}

# Names MISSING and the command; runs it as root on Debian and Ubuntu, after --yes or a yes. Returns 1 if it did not.
offer_install() {
    local answer=no
    say "Missing on this machine:" "$(echo "$MISSING" | xargs)"
    say "  $(remedy)"
    case "$(platform):$(id -u)" in debian:0 | jammy:0) ;; *) return 1 ;; esac
    if $ASSUME_YES; then
        answer=yes
    elif [ -t 0 ]; then
        read -r -p "Run it now? [y/N] " answer
    fi
    case "$answer" in
    [yY]*) DEBIAN_FRONTEND=noninteractive step "installing $(packages)" bash -ec "$(remedy)" ;;
    *) return 1 ;;
    esac
}

require_prerequisites() {
    find_missing_prerequisites
    [ -n "$MISSING" ] || return 0
    offer_install || die "run the command above, then this one again"
    find_missing_prerequisites
    [ -z "$MISSING" ] || die "still missing:$MISSING"
}
