# shellcheck shell=bash
# Checks and test suites: run all that are asked for, then say what ran, with what result. Sourced by ./dev.

SUITES="unit contracts deploy integration e2e" # folders of tests/, quick ones first
EMULATOR_SUITES=" contracts integration e2e "

RESULTS=() # "name|result|seconds"
FAILED=false
LEFT_OUT=0 # tests skipped for want of emulators
NEEDS_EMULATORS=false

# Runs one check and notes its result; a failure does not end the run.
check() {
    local name=$1 result=passed start=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if ! "$@"; then
        result=FAILED
        FAILED=true
    fi
    RESULTS+=("$name|$result|$((SECONDS - start))")
}

# The end of what runs in the background, and all that it said.
ended() {
    local passed=true
    wait "$1" || passed=false
    cat "$2"
    $passed
}

run_checks() {
    local bin=$VENV/bin mypy log=.swell/mypy.log
    "$bin/mypy" >"$log" 2>&1 & # takes about as long as all the others
    mypy=$!
    check "ruff check" "$bin/ruff" check --quiet .
    check "ruff format" "$bin/ruff" format --check --quiet .
    # TE is an HTTP header
    check codespell "$bin/codespell" --ignore-words-list te --skip "./$VENV,./.git,./.swell,./dist,./*.lock,./.*_cache" .
    check shellcheck "$bin/shellcheck" dev .ci/run tools/*.sh
    check import-linter "$bin/lint-imports" --no-cache
    check mypy ended "$mypy" "$log"
}

run_suite() {
    local log=.swell/test-$1.log passed=true colour=no skipped
    [ -t 1 ] && colour=yes
    # On all cores, and BLAS on one in each process: its threads would wait for each other's.
    # The tests of one file together: what they share is started once a process (tests/spreading.py).
    OPENBLAS_NUM_THREADS=1 "$VENV/bin/pytest" --color="$colour" --numprocesses auto --maxprocesses 4 --dist loadfile "tests/$1" 2>&1 | tee "$log" || passed=false
    # pytest's own summary: SKIPPED [3] tests/...: emulators: java is missing
    skipped=$(sed -n 's/.*SKIPPED.*\[\([0-9]*\)\].*[Ee]mulator.*/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }')
    LEFT_OUT=$((LEFT_OUT + skipped))
    $passed
}

# What takes too long for the suite deploy: the plan of all regions, and checkov, which has an environment of its own.
run_terraform() {
    local checkov
    SWELL_TERRAFORM_ALL_REGIONS=1 "$VENV/bin/pytest" -rs tests/deploy/test_terraform.py tests/deploy/test_terraform_facts.py || return 1
    checkov=${SWELL_CHECKOV:-$(command -v checkov)} || true
    if [ -z "$checkov" ]; then
        echo "checkov: not here, so its rules were left out. Install it with: pipx install checkov; SWELL_CHECKOV may name it."
        return 0
    fi
    "$checkov" --directory terraform --config-file terraform/checkov.yaml
}

# A folder of tests that no command runs would rot unseen.
require_known_suites() {
    local folder
    for folder in tests/*/; do
        folder=$(basename "$folder")
        case " $SUITES " in *" $folder "*) continue ;; esac
        [ -z "$(find "tests/$folder" -name 'test_*.py')" ] || die "tests/$folder is not one of the suites: $SUITES"
    done
}

prepare_emulators() {
    NEEDS_EMULATORS=true
    find_missing_emulators
    if [ -n "$MISSING" ] && $ASSUME_YES && ! offer_install; then
        say "apt finds Google's packages once https://cloud.google.com/sdk/docs/install#deb is done."
    fi
    find_missing_redis
    [ -z "$MISSING" ] || ! $ASSUME_YES || offer_install || true
}

run_tests() {
    local name names=${*:-lint $SUITES}
    require_known_suites
    for name in $names; do
        case "$EMULATOR_SUITES" in *" $name "*) NEEDS_EMULATORS=true ;; esac
    done
    $NEEDS_EMULATORS && prepare_emulators
    for name in $names; do
        if [ "$name" = lint ]; then
            run_checks
        elif [ "$name" = terraform ]; then
            check terraform run_terraform
        elif [ -d "tests/$name" ]; then
            check "$name" run_suite "$name"
        elif [ $# -gt 0 ]; then
            die "there is no suite tests/$name"
        fi
    done
    report
}

report() {
    local row name result seconds
    printf '\n%-14s  %-7s  %7s\n' ran result seconds
    for row in "${RESULTS[@]}"; do
        IFS='|' read -r name result seconds <<<"$row"
        printf '%-14s  %-7s  %7s\n' "$name" "$result" "$seconds"
    done
    $NEEDS_EMULATORS && report_emulators && report_redis
    ! $FAILED
}

# In CI the tests that need it fail by themselves.
report_redis() {
    find_missing_redis
    if [ -z "$MISSING" ]; then
        echo "Redis: present."
    else
        echo "Redis: its tests were left out. $(remedy)"
    fi
}

# On a developer's machine the emulators may be absent; in CI their suites are part of what green means.
report_emulators() {
    find_missing_emulators
    if [ "$LEFT_OUT" = 0 ] && [ -z "$ABSENT_EMULATORS" ]; then
        echo "Emulators: present, no test was left out for want of them."
        return
    fi
    echo "Emulators: $LEFT_OUT tests were left out. Missing: ${ABSENT_EMULATORS:-nothing now; see SKIPPED above}"
    if [ "${CI:-}" = true ]; then
        echo "  CI is true, so that is a failure."
        FAILED=true
    fi
}
