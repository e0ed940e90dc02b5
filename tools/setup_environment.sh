# Sourced by demo.sh and test.sh: makes .venv, or brings it up to date.
# Usage: setup_environment EXTRAS, from the root of the repository; need_browser.

NEEDED_MB=5000 # 2.5 GB of packages, and as much again while pip unpacks them

fail() {
  echo "phystd_tf: $1" >&2
  exit 2
}

# Prints the first suitable Python that has the given modules. Environments need
# venv and ensurepip, which Debian may lack; "os" checks only the version, for a
# better message.
find_python() {
  local modules=$1 candidate
  for candidate in python3.11 python3.10 python3.9 python3 python; do
    if "$candidate" -c "import sys, $modules; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 11))" 2>/dev/null; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

# pip prints many lines; these are enough to see its progress.
show_progress() {
  local line
  while IFS= read -r line; do
    case "$line" in
      Collecting* | "Installing collected"*) echo "   ${line:0:100}" ;;
    esac
  done
}

# The browser for the tests of the HTML report, which are not skipped if it is missing.
need_browser() {
  local folder=${BROWSER_FOLDER:-/usr/bin} packages="chromium chromium-driver" advice
  if [ -x "$folder/chromium" ] && [ -x "$folder/chromedriver" ]; then
    return 0
  fi
  advice="install the Debian packages $packages, or leave out the tests that need them: bash tools/test.sh -m \"not browser\""
  if [ "$(id -u)" != 0 ] || ! type -P apt-get >/dev/null; then
    fail "the tests need a browser, which only root can install here, with apt-get; $advice"
  fi
  echo "== Browser: installing $packages (about 400 MB)"
  # shellcheck disable=SC2086
  { apt-get update -qq && apt-get install -qq -y --no-install-recommends $packages; } >/dev/null ||
    fail "the browser of the tests could not be installed, see the message above; $advice"
}

setup_environment() {
  local wanted=$1 stamp=.venv/phystd_setup sum installed_sum="" installed="" extra missing="" python free
  sum=$(cksum <setup.py)
  if [ -f "$stamp" ] && .venv/bin/python -c '' 2>/dev/null; then
    { read -r installed_sum && read -r installed; } <"$stamp" || installed=""
  fi
  for extra in ${wanted//,/ }; do
    case ",$installed," in
      *",$extra,"*) ;;
      *) missing="$missing,$extra" ;;
    esac
  done
  if [ -z "$missing" ] && [ "$installed_sum" = "$sum" ]; then
    echo "== Environment: .venv is up to date"
    return 0
  fi
  # Installed extras are kept: the demo must not remove what the tests need.
  wanted=$installed$missing
  wanted=${wanted#,}
  # An environment without pip is incomplete, and is made again.
  if .venv/bin/python -m pip --version >/dev/null 2>&1; then
    .venv/bin/python -c 'import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 11))' ||
      fail "the folder .venv holds $(.venv/bin/python --version), and 3.9, 3.10 or 3.11 is needed; move it away and run this again"
  else
    find_python os >/dev/null || fail "no Python 3.9, 3.10 or 3.11 was found; install one and run this again"
    python=$(find_python "venv, ensurepip") ||
      fail "$(find_python os) cannot make environments; on Debian: apt-get install python3-venv, then run this again"
  fi
  free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1024)}')
  if [ -n "${python:-}" ] && [ "$free" -lt "$NEEDED_MB" ]; then
    fail "the environment needs $NEEDED_MB MB of disk while it is made, and $free MB are free here"
  fi
  if [ -n "${python:-}" ]; then
    echo "== Environment: making .venv with $("$python" --version) (about 2.5 GB, some minutes)"
    "$python" -m venv --clear .venv || fail "the environment .venv could not be made, see the message above"
  else
    echo "== Environment: bringing .venv up to date"
  fi
  rm -f "$stamp" # written again only after pip has succeeded
  .venv/bin/python -m pip install --disable-pip-version-check -e ".[$wanted]" | show_progress ||
    fail "the installation failed, see pip's message above (is there a network, and room on the disk?); run this again to go on"
  printf '%s\n%s\n' "$sum" "$wanted" >"$stamp"
  echo "== Environment: done"
}
