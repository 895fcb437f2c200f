#!/usr/bin/env bash
# Creates .venv with the pinned dependencies, and installs Debian's packages where it may (root or sudo).
# Each Debian package is used by some part of the platform or its tests; without it that part says so.
set -euo pipefail
cd "$(dirname "$0")/.."

python="${PYTHON:-python3}"
UV_VERSION=0.13.8

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo "$@"
  else return 1; fi
}

apt_updated=
install_debian() {
  command -v apt-get >/dev/null || return 1
  if [ -z "$apt_updated" ]; then as_root apt-get update -qq && apt_updated=yes || return 1; fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

"$python" - <<'PY' || { echo "Python 3.11 to 3.13 is needed; name one: make setup PYTHON=python3.12" >&2; exit 1; }
import sys
sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PY

# postgresql: the tests of the Postgres configuration start a server of their own.
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  echo "Installing postgresql …"
  install_debian postgresql || echo "postgresql could not be installed (needs root or sudo); its tests will be skipped." >&2
fi

# tesseract: scans of invoices are recognised with it.
if ! command -v tesseract >/dev/null; then
  echo "Installing tesseract-ocr …"
  install_debian tesseract-ocr tesseract-ocr-deu tesseract-ocr-fra ||
    echo "tesseract-ocr could not be installed (needs root or sudo); scans of invoices will not be read." >&2
fi

# chromium: a test opens the UI in it.
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
  echo "Installing chromium …"
  install_debian chromium || echo "chromium could not be installed (needs root or sudo); its test will be skipped." >&2
fi

if [ ! -x .venv/bin/python ]; then
  # Debian keeps ensurepip in a package of its own.
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    install_debian "python$version-venv" || { echo "Install python$version-venv and run this again." >&2; exit 1; }
  fi
  "$python" -m venv .venv
fi

# Dagster's own commands find the project's modules from any folder.
pwd > "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/retail_assets.pth"

if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$UV_VERSION" ]; then
  .venv/bin/python -m pip install -q --disable-pip-version-check "uv==$UV_VERSION"
fi

# Wheels that a machine provides locally to pip are to be found by uv too.
export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-$(.venv/bin/python -m pip config get global.find-links 2>/dev/null || true)}}"
[ -n "$UV_FIND_LINKS" ] || unset UV_FIND_LINKS

# Builds that the machine provides itself, as that of torch for CPUs, are not those whose hashes stand in the lock file:
# these packages are not compared, all others are (uv refuses a file with another hash).
own="$(for wheel in ${UV_FIND_LINKS:+"$UV_FIND_LINKS"/*.whl}; do basename "$wheel" | cut -d- -f1 | tr A-Z_ a-z-; done | sort -u)"
constraints="$(mktemp)"
trap 'rm -f "$constraints"' EXIT
awk -v own="$own" '
  BEGIN { split(own, names, "\n"); for (i in names) is_own[names[i]] = 1 }
  /^[a-z0-9]/ { name = $1; sub(/==.*/, "", name); if (name in is_own) sub(/ *\\$/, "") }
  !(name in is_own) || !/--hash/
' requirements.lock > "$constraints"

# The lock file constrains instead of listing, so that a CPU build of torch brings no CUDA packages along.
# Compiled once here: every command would else compile thousands of modules anew where it may not write them.
.venv/bin/uv pip install -q --compile-bytecode --python .venv/bin/python -r pyproject.toml --extra ocr --group dev \
  -c "$constraints"
