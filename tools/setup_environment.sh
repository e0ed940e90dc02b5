# Sourced by demo.sh and test.sh: makes .venv, or brings it up to date.
# Usage: setup_environment EXTRAS, from the root of the repository.

fail() {
  echo "phystd_tf: $1" >&2
  exit 2
}

find_python() {
  local candidate
  for candidate in python3.11 python3.10 python3.9 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

setup_environment() {
  local extras=$1 python stamp wanted free
  stamp=.venv/phystd_setup
  wanted="$extras $(cksum <setup.py)"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    echo "== Environment: .venv is up to date"
    return 0
  fi
  python=$(find_python) || fail "no Python 3.9, 3.10 or 3.11 was found; install one and run this again"
  free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1024)}')
  if [ "$free" -lt 4000 ] && [ ! -f "$stamp" ]; then
    fail "the environment needs 4 GB of disk and $free MB are free here"
  fi
  echo "== Environment: installing into .venv with $("$python" --version) (about 2.5 GB, some minutes)"
  # A half-made environment has no interpreter that starts; it is made again.
  if ! .venv/bin/python -c '' 2>/dev/null; then
    "$python" -m venv --clear .venv || fail "$python has no venv module; on Debian: apt-get install python3-venv"
  fi
  .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --quiet -e ".[$extras]" ||
    fail "the installation failed, see pip's message above (is there a network?); run this again to go on"
  echo "$wanted" >"$stamp"
}
