# shellcheck shell=bash
# .venv, made once from the lock: complete or made anew, by one process at a time. Sourced by ./dev.
# Uses VENV, LOCK, LOG; every function that `step` runs joins its commands with &&, since errexit is off there.

# Portable flags for annoy; topology.yaml says why. Read here without YAML, since nothing is installed yet.
ANNOY_FLAGS=$(sed -n 's/^ *ANNOY_COMPILER_ARGS: "\(.*\)"$/\1/p' topology.yaml)

# Runs a command with its output in the log; says what and how many seconds, or shows the log's end.
step() {
    local label=$1 start=$SECONDS
    shift
    printf '  %s ... ' "$label" >&2
    echo "== $label: $*" >>"$LOG"
    # fd 9 is the lock of set_up: a child that outlives us must not keep it
    if "$@" >>"$LOG" 2>&1 9>&-; then
        say "$((SECONDS - start)) s"
    else
        say "failed after $((SECONDS - start)) s. The end of $LOG:"
        tail -n 25 "$LOG" >&2
        return 1
    fi
}

# What the environment is made from; if any of it differs, it is made anew.
recipe() {
    printf '%s\n' "$PWD" "$ANNOY_FLAGS"
    cat "$LOCK"
}

is_made() {
    recipe | cmp -s - "$VENV/.made-from"
}

is_installed() {
    cmp -s pyproject.toml "$VENV/.installed-from"
}

# Prints the lock's entries, hashes included: `only` those named or all `but` those.
lock_entries() {
    local which=$1
    shift
    awk -v which="$which" -v names=" $* " '
        /^[A-Za-z0-9]/ {
            name = $1
            sub(/[=;[].*/, "", name)
            chosen = (index(names, " " name " ") > 0) == (which == "only")
        }
        !/^#/ && chosen' "$LOCK"
}

pip() {
    "$VENV/bin/python" -m pip --disable-pip-version-check "$@"
}

uv() {
    VIRTUAL_ENV=$PWD/$VENV "$VENV/bin/uv" "$@"
}

make_venv() {
    rm -rf "$VENV" && "$PYTHON" -m venv "$VENV" && mkdir "$VENV/setup" &&
        lock_entries only setuptools >"$VENV/setup/setuptools.txt" &&
        lock_entries only setuptools uv >"$VENV/setup/tools.txt" &&
        lock_entries only annoy >"$VENV/setup/annoy.txt" &&
        lock_entries but setuptools uv annoy >"$VENV/setup/packages.txt" || return
    # where uv has no wheel, pip does all of it
    pip install --require-hashes --no-deps --no-compile --only-binary :all: -r "$VENV/setup/tools.txt" ||
        pip install --require-hashes --no-deps --no-compile -r "$VENV/setup/setuptools.txt"
}

# Compiles annoy from its hashed source; never from a cache, which may hold a build with other flags.
build_annoy() {
    [ -n "$ANNOY_FLAGS" ] && ANNOY_COMPILER_ARGS=$ANNOY_FLAGS pip wheel --require-hashes --no-deps --no-cache-dir --no-binary annoy \
        --use-pep517 --no-build-isolation -r "$VENV/setup/annoy.txt" -w "$VENV/setup"
}

# uv is the quicker; pip follows where uv cannot reach the index that pip is configured for.
install_locked() {
    uv pip install --require-hashes --no-deps -r "$VENV/setup/packages.txt" ||
        pip install --require-hashes --no-deps --no-compile -r "$VENV/setup/packages.txt"
}

# annoy compiles while the others are downloaded: one needs the processor, the others the network.
install_packages() {
    local compilation installed=true
    build_annoy >"$VENV/setup/annoy.log" 2>&1 &
    compilation=$!
    # shellcheck disable=SC2064
    trap "kill $compilation 2>/dev/null" EXIT
    install_locked || installed=false
    wait "$compilation" || installed=false
    trap - EXIT
    cat "$VENV/setup/annoy.log"
    $installed && pip install --no-deps --no-compile --no-index "$VENV"/setup/annoy-*.whl &&
        "$VENV/bin/python" -c 'import annoy; forest = annoy.AnnoyIndex(2); forest.add_item(0, [0, 1]); forest.build(1)'
}

install_checkout() {
    uv pip install --no-deps --no-build-isolation -e . || pip install --no-deps --no-build-isolation -e .
}

make_environment() {
    require_prerequisites
    say "Setting up $VENV with $("$PYTHON" --version), $PYTHON. Log: $LOG"
    rm -f "$VENV/.made-from" # written last: whatever interrupts this, the next run starts again
    step "making the environment" make_venv || exit 1
    step "installing $(grep -c '^[a-z0-9]' "$LOCK") locked packages, compiling annoy" install_packages || exit 1
    recipe >"$VENV/.made-from"
}

set_up() {
    if is_made && is_installed; then
        return
    fi
    exec 9>.swell/setup.lock
    if command -v flock >/dev/null && ! flock -n 9; then
        say "Another ./dev is setting up; waiting for it."
        flock 9
    fi
    if ! is_made; then
        : >"$LOG"
        make_environment
    fi
    if ! is_installed; then
        step "installing this checkout" install_checkout || exit 1
        cp pyproject.toml "$VENV/.installed-from"
    fi
    exec 9>&-
}
