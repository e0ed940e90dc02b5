"""Whether a run may be resumed: it needs the same seed, and the same faces in the same splits, in any folder."""

import os
from typing import Any

from phystd_tf.data.records import PREPARED_FILE, load_settings
from phystd_tf.data.selection import Selection
from phystd_tf.errors import PhystdError
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.runs.folder import commands_path, load_commands, load_protocol_choice


def identity(selection: Selection, seed: int) -> dict[str, Any]:
    """What must not change when a run is resumed; kept in the list of its commands."""
    return {
        "data_fingerprint": selection.fingerprint(),
        "split_fingerprint": selection.split_fingerprint(),
        "protocol": selection.choice._asdict(),
        "seed": seed,
        "faces": {split: dict(zip(("live", "spoof"), selection.count(split))) for split in ("train", "dev")},
    }


def require_same(run: str, selection: Selection, now: dict[str, Any]) -> None:
    """Checks that a run, if there is one, was trained with this seed on these faces.

    Runs of earlier versions do not record all of this; what is missing is not checked.

    Args:
      run: path of a run folder; need not exist.
      selection: Selection to train on.
      now: the ``identity`` of the training that is about to start.

    Raises:
      PhystdError: says what differs and what to do.
    """
    choice, before = selection.choice, load_protocol_choice(run)
    if before is not None and (before.name, before.seed) != (choice.name, choice.seed):
        raise PhystdError(
            f"{run} was trained on protocol {_words(before)}, not {_words(choice)}; give it, or another --run"
        )
    commands = load_commands(run) if os.path.exists(commands_path(run)) else []
    if not commands or not isinstance(commands[0], dict):
        return  # stopped before anything was trained
    first, seed = commands[0], now["seed"]
    if first.get("seed", seed) != seed:
        raise PhystdError(f"{run} was trained with --seed={first['seed']}, not {seed}; give that one, or another --run")
    differing = [name for name in ("data_fingerprint", "split_fingerprint", "faces") if first.get(name) != now[name]]
    differing = [name for name in differing if name in first]
    if differing:
        what = (
            f"its clips, frames or crops are not those of {first.get('data')}"
            if "data_fingerprint" in differing
            else "its faces are divided into splits in another way"
        )
        raise PhystdError(f"{run} was not trained on {selection.prepared}: {what}; give that --data, or another --run")
    _require_same_settings(run, selection.prepared)


def _require_same_settings(run: str, prepared: str) -> None:
    if not os.path.exists(os.path.join(run, PREPARED_FILE)):
        return
    before, now = load_settings(run), load_settings(prepared)
    differing = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    if differing:
        raise PhystdError(
            f"{run} was not trained on {prepared}: it was prepared with another {', '.join(differing)}; give the "
            "--data of the run, or another --run"
        )


def _words(choice: ProtocolChoice) -> str:
    return f"{choice.name} (seed {choice.seed}{', lists ' + choice.lists if choice.lists else ''})"
