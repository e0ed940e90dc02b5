"""The set-up of both commands, with a fake Python, pip and disk."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent

# A Python that prints its version, copies itself into the environment, and records what pip is asked for.
PYTHON = """#!/bin/bash
case "$*" in
  *sys.version_info*) [[ "$*" == *ensurepip* && -n "$NO_VENV" ]] && exit 1; exit ${UNFIT:-0} ;;
  "--version") echo Python 3.11.0 ;;
  "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo venv >>calls; touch .venv/has_pip ;;
  "-m pip --version") [ -f .venv/has_pip ] ;;
  "-m pip install"*) echo "${@: -1}" >>calls; echo "Collecting numpy"; exit ${PIP:-0} ;;
esac
"""
DF = "#!/bin/bash\necho header; echo disk 0 0 ${FREE_KB:-99999999} 0% /\n"


# Fakes of Debian's tools, with what they print and record.
ID = "#!/bin/bash\necho ${USER_ID:-0}\n"
APT = """#!/bin/bash
echo "apt-get $*" >>calls
[ "$1" = install ] && [ -z "$NO_PACKAGE" ] && touch chromium chromedriver && chmod +x chromium chromedriver
[ -z "$NO_PACKAGE" ]
"""


@pytest.fixture
def run(tmp_path):
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in (("python3.11", PYTHON), ("df", DF), ("id", ID), ("apt-get", APT)):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    for name in ("cksum", "awk", "mkdir", "cp", "touch", "rm", "cat", "bash", "chmod"):
        found = subprocess.run(["bash", "-c", f"type -P {name}"], capture_output=True, text=True, check=True)
        (commands / name).symlink_to(found.stdout.strip())
    (tmp_path / "setup.py").write_text("one")

    def run(extras="face,report", function="setup_environment", **environment):
        script = f"set -euo pipefail; source {ROOT}/tools/setup_environment.sh; {function} {extras}"
        environment = {"PATH": str(commands), **{name: str(value) for name, value in environment.items()}}
        result = subprocess.run(
            [str(commands / "bash"), "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        calls = tmp_path / "calls"
        made = calls.read_text().split("\n")[:-1] if calls.exists() else []
        calls.unlink(missing_ok=True)
        return result, made

    run.folder = tmp_path
    return run


def test_first_it_installs_and_then_it_is_up_to_date(run):
    result, made = run()
    assert (result.returncode, made) == (0, ["venv", ".[face,report]"]), result.stderr
    assert "Collecting numpy" in result.stdout
    result, made = run()
    assert (result.returncode, made) == (0, []) and "up to date" in result.stdout


def test_demo_and_tests_in_turn_install_once_each(run):
    run("face,report")
    assert run("face,report,test")[1] == [".[face,report,test]"]
    assert run("face,report")[1] == run("face,report,test")[1] == []


def test_a_changed_setup_installs_again_all_that_was_there(run):
    run("face,report,test")
    (run.folder / "setup.py").write_text("two")
    assert run("face,report")[1] == [".[face,report,test]"]


def test_after_a_failed_installation_it_goes_on(run):
    result, made = run(PIP=1)
    assert result.returncode == 2 and made == ["venv", ".[face,report]"]
    assert "installation failed" in result.stderr and "network" in result.stderr
    assert run()[1] == [".[face,report]"]


def test_a_failed_update_leaves_no_promise(run):
    run()
    (run.folder / "setup.py").write_text("two")
    assert run(PIP=1)[0].returncode == 2
    (run.folder / "setup.py").write_text("one")
    assert run()[1] == [".[face,report]"]


def test_a_half_made_environment_is_made_again(run):
    run(PIP=1)
    (run.folder / ".venv" / "has_pip").unlink()
    assert run()[1] == ["venv", ".[face,report]"]


@pytest.mark.parametrize(
    "environment, message",
    [
        ({"UNFIT": 1}, "no Python 3.9, 3.10 or 3.11 was found"),
        ({"NO_VENV": 1}, "python3.11 cannot make environments"),
        ({"FREE_KB": 3000000}, "needs 5000 MB of disk while it is made, and 2929 MB are free"),
    ],
)
def test_what_the_machine_lacks_is_said_in_one_sentence(run, environment, message):
    result, made = run(**environment)
    assert result.returncode == 2 and made == []
    assert message in result.stderr and result.stderr.count("\n") == 1


def test_an_environment_of_another_python_is_left_alone(run):
    run()
    (run.folder / "setup.py").write_text("two")
    result, made = run(UNFIT=1)
    assert result.returncode == 2 and made == [] and "move it away" in result.stderr


def test_the_browser_is_installed_once(run):
    result, made = run("", "need_browser", BROWSER_FOLDER=run.folder)
    assert result.returncode == 0 and made[0] == "apt-get update -qq", result.stderr
    assert made[1].startswith("apt-get install") and made[1].endswith(" chromium chromium-driver")
    assert run("", "need_browser", BROWSER_FOLDER=run.folder)[1] == []


@pytest.mark.parametrize("trouble", ["USER_ID", "NO_PACKAGE", "no apt-get"])
def test_where_no_browser_can_be_installed_it_says_what_to_do(run, trouble):
    if trouble == "no apt-get":
        (run.folder / "bin" / "apt-get").unlink()
    result, _ = run("", "need_browser", BROWSER_FOLDER=run.folder, **({trouble: 7} if trouble.isupper() else {}))
    assert result.returncode == 2
    assert "chromium chromium-driver" in result.stderr and '-m "not browser"' in result.stderr
