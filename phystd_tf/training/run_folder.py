"""A run folder explains itself: hyper-parameters, data, command and versions beside the checkpoints."""

import json
import os
import platform
import sys
import time
from importlib import metadata
from typing import Any, Dict, List

from phystd_tf.atomic import write_json
from phystd_tf.errors import PhystdError
from phystd_tf.hparams import HParams
from phystd_tf.training.checkpoints import HPARAMS_FILE, differing_fields

COMMANDS_FILE = "commands.json"
_PACKAGES = ("phystd_tf", "tensorflow", "keras", "numpy", "opencv-python", "mediapipe")


def open_run(run: str, hparams: HParams, details: Dict[str, Any]) -> bool:
    """Makes a run folder, or opens one to go on with it.

    Args:
      run: path of the folder.
      hparams: HParams that are wanted. ``max_iterations`` may grow between two
        calls; everything else must stay, or the run would be two runs in one.
      details: what else identifies this call, such as data, split and seed.

    Returns:
      Whether the folder held a run already.

    Raises:
      PhystdError: if the folder holds a run with other hyper-parameters, or other files.
    """
    path = os.path.join(run, HPARAMS_FILE)
    resumed = os.path.exists(path)
    if resumed:
        differing = [
            field for field in differing_fields(HParams.load(path), hparams) if not field.startswith("max_iterations ")
        ]
        if differing:
            raise PhystdError(
                f"{run} was trained with other hyper-parameters: {'; '.join(differing)}; give another --run"
            )
    elif os.path.isdir(run) and os.listdir(run):
        raise PhystdError(f"{run} is not empty and is not a run folder; give another --run")
    os.makedirs(run, exist_ok=True)
    hparams.save(path)
    _append_command(os.path.join(run, COMMANDS_FILE), details)
    return resumed


def package_versions() -> Dict[str, str]:
    """Versions of Python and of the packages that can change a result."""
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _append_command(path: str, details: Dict[str, Any]) -> None:
    commands: List[Dict[str, Any]] = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            commands = json.load(file)
    commands.append(
        {
            "command": sys.argv,
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "versions": package_versions(),
            **details,
        }
    )
    write_json(commands, path)
