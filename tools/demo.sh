#!/usr/bin/env bash
# The main job on embedded data: makes .venv if needed, installs, then renders
# faces and spoofs, prepares them, trains, scores, disentangles and exports.
# Run it again to resume after an interruption. Options go to tools/demo.py.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tools/setup_environment.sh
source tools/setup_environment.sh
setup_environment face,report
exec .venv/bin/python -m tools.demo "$@"
