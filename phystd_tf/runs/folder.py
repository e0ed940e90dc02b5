"""The run folder: the names of its files, and the records that document the run.

RUN/hparams.json          the hyper-parameters
RUN/commands.json         each start of the training: command, data, seed, versions
RUN/prepared.json         how the crops were made, see ``phystd_tf.data.records``
RUN/protocol.json         which faces it was trained on
RUN/checkpoints/last      the weights after the last epoch, and what is needed to resume
RUN/checkpoints/best      the weights with the lowest held-out depth loss
RUN/history.csv           the losses, one row per epoch, see ``phystd_tf.runs.history``
RUN/logs                  the losses and pictures, for TensorBoard
RUN/operating_point.json  alpha0 and the threshold, chosen on dev
"""

import os
import sys
import time
from typing import Any, Optional

from phystd_tf.errors import PhystdError, first_line
from phystd_tf.files.atomic import other_files, write_json
from phystd_tf.files.json_file import read_json
from phystd_tf.files.versions import package_versions
from phystd_tf.hparams import HParams
from phystd_tf.protocols.choice import ProtocolChoice

_HPARAMS_FILE = "hparams.json"
_COMMANDS_FILE = "commands.json"
_OPERATING_POINT_FILE = "operating_point.json"
_PROTOCOL_FILE = "protocol.json"
_HISTORY_FILE = "history.csv"
_PREPARED_FILE = "prepared.json"  # written and read by ``phystd_tf.data.records``


class CheckpointError(PhystdError):
    """A folder is not a run, or holds no checkpoint, or one that does not fit."""


def is_run(path: str) -> bool:
    """Whether a folder is a run folder."""
    return os.path.exists(os.path.join(path, _HPARAMS_FILE))


def load_hparams(run: str) -> HParams:
    """The hyper-parameters of a run.

    Raises:
      CheckpointError: if the folder is not a run.
      HParamsError: if they are damaged.
    """
    path = os.path.join(run, _HPARAMS_FILE)
    if not is_run(run):
        raise CheckpointError(f"{run} is not a run folder: there is no {path}")
    return HParams.load(path)


def load_commands(run: str) -> list[dict[str, Any]]:
    """The commands that trained a run, and their data, the first one first.

    Raises:
      PhystdError: if the file is missing or damaged.
    """
    return read_json(commands_path(run), PhystdError, kind=list)


def commands_path(run: str) -> str:
    """The path of the file with the training commands of a run."""
    return os.path.join(run, _COMMANDS_FILE)


def checkpoint_folder(run: str, name: str) -> str:
    """The folder of the checkpoint "last" or "best" of a run."""
    return os.path.join(run, "checkpoints", name)


def missing_checkpoint(run: str, name: str) -> CheckpointError:
    """The error for a missing checkpoint."""
    return CheckpointError(f"no checkpoint in {checkpoint_folder(run, name)}; train first, or name another run")


def require_inside(path: str, folder: str) -> None:
    """Checks that a checkpoint is in its folder: TensorFlow's list of checkpoints may name any file.

    Raises:
      CheckpointError: if it is elsewhere.
    """
    if os.path.realpath(os.path.dirname(path)) != os.path.realpath(folder):
        raise CheckpointError(f"{os.path.join(folder, 'checkpoint')} leads out of its folder, to {path}")


def unfit_checkpoint(path: str, error: Exception) -> CheckpointError:
    """The error for a checkpoint that cannot be loaded into a model, with the first line of the reason."""
    return CheckpointError(f"checkpoint {path} does not fit this model or is damaged: {first_line(error)}")


def own_files(run: str) -> list[str]:
    """Paths of the files that belong to a run, whether or not they exist yet."""
    names = (_HPARAMS_FILE, _COMMANDS_FILE, _OPERATING_POINT_FILE, _PROTOCOL_FILE, _HISTORY_FILE, _PREPARED_FILE)
    return [os.path.join(run, name) for name in names]


def operating_point_path(run: str) -> str:
    """The path of the file with alpha0 and the threshold of a run."""
    return os.path.join(run, _OPERATING_POINT_FILE)


def history_path(run: str) -> str:
    """The path of the losses: a CSV file with one row per epoch."""
    return os.path.join(run, _HISTORY_FILE)


def logs_folder(run: str) -> str:
    """The folder of the files for TensorBoard."""
    return os.path.join(run, "logs")


def save_protocol(run: str, choice: ProtocolChoice) -> None:
    """Stores which protocol a run is trained on."""
    choice.save(os.path.join(run, _PROTOCOL_FILE))


def load_protocol_choice(run: str) -> Optional[ProtocolChoice]:
    """The protocol that a run was trained on; None if it is not stored yet.

    Raises:
      ProtocolError: if the file is damaged.
    """
    path = os.path.join(run, _PROTOCOL_FILE)
    return ProtocolChoice.load(path) if os.path.exists(path) else None


def check_run(run: str, hparams: HParams) -> bool:
    """Checks that a folder can be made a run folder, or is one that can be resumed; changes nothing.

    Arguments, result and errors are those of ``open_run``.
    """
    if is_run(run):
        differing = [
            field for field in _differing_fields(load_hparams(run), hparams) if not field.startswith("max_iterations ")
        ]
        if differing:
            raise PhystdError(
                f"{run} was trained with other hyper-parameters: {'; '.join(differing)}; give another --run"
            )
        return True
    if os.path.isdir(run) and other_files(run):
        raise PhystdError(f"{run} is not empty and is not a run folder; give another --run")
    return False


def open_run(run: str, hparams: HParams, details: dict[str, Any]) -> bool:
    """Creates a run folder, or resumes one.

    Args:
      run: path of the folder.
      hparams: the wanted HParams. ``max_iterations`` may change between two
        calls; everything else must stay, or the run would be two runs in one.
      details: what else identifies this call, such as data, split and seed.

    Returns:
      Whether the folder already held a run.

    Raises:
      PhystdError: if the folder holds a run with other hyper-parameters, or other files.
    """
    resumed = check_run(run, hparams)
    os.makedirs(run, exist_ok=True)
    hparams.save(os.path.join(run, _HPARAMS_FILE))
    _append_command(run, details)
    return resumed


def _append_command(run: str, details: dict[str, Any]) -> None:
    path = os.path.join(run, _COMMANDS_FILE)
    commands = load_commands(run) if os.path.exists(path) else []
    commands.append(
        {
            "command": sys.argv,
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "versions": package_versions(),
            **details,
        }
    )
    write_json(commands, path)


def _differing_fields(first: HParams, second: HParams) -> list[str]:
    """The hyper-parameters in which two sets differ, each with its name and both values."""
    return [
        f"{name} ({getattr(first, name)!r} and {getattr(second, name)!r})"
        for name in first.__dataclass_fields__
        if getattr(first, name) != getattr(second, name)
    ]
