#!/usr/bin/env bash
# Makes .venv if needed, installs, then checks format, style, types and requirements,
# and runs the tests. Options go to pytest, for example: bash tools/test.sh -k warp
# With -m "not browser" it needs no Chromium, and installs none.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tools/setup_environment.sh
source tools/setup_environment.sh
case " $* " in
  *"not browser"*) ;;
  *) need_browser ;;
esac
setup_environment face,report,test
echo "== Format and style"
.venv/bin/ruff format --check --quiet . || fail "format differs; run .venv/bin/ruff format"
.venv/bin/ruff check .
echo "== Types"
.venv/bin/mypy
echo "== Requirements"
.venv/bin/python -m pip check
echo "== Tests"
# One thread per process: two processes that each use all threads would be slower.
export TF_CPP_MIN_LOG_LEVEL=3 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
exec .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q "$@"
