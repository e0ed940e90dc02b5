"""The operating point of a run and the weights that it belongs to: chosen together, used together."""

import hashlib
from typing import Callable, Optional

import pandas as pd

from phystd_tf.data.selection import PreparedFaces, Selection, selection_of
from phystd_tf.errors import PhystdError
from phystd_tf.evaluation.operating_point import choose_alpha0
from phystd_tf.inference.scoring import score_split
from phystd_tf.inference.weights import load_generator
from phystd_tf.networks.network import Network
from phystd_tf.runs.folder import load_commands, load_protocol_choice, operating_point_path
from phystd_tf.runs.operating_point import CALIBRATE, OperatingPoint


def weights_fingerprint(generator: Network) -> str:
    """Returns the SHA-256 of all variables of a generator, as hexadecimal text."""
    digest = hashlib.sha256()
    for variable in generator.variables:
        digest.update(variable.numpy().tobytes())
    return digest.hexdigest()


def load_with_point(run: str, checkpoint: Optional[str] = None) -> tuple[Network, Optional[OperatingPoint]]:
    """Loads the generator of a run and its operating point.

    Args:
      run: path of the run folder.
      checkpoint: "last" or "best"; None for that of the operating point, or "last" if there is none.

    Returns:
      (Network, OperatingPoint or None if the run has none yet).

    Raises:
      PhystdError: if one of them is damaged, or the operating point was chosen with other weights.
    """
    point = OperatingPoint.of_run(run)
    if point is not None and checkpoint not in (None, point.checkpoint):
        raise PhystdError(
            f"{run}: the operating point is that of checkpoint '{point.checkpoint}', not '{checkpoint}'; choose one "
            f"for it with `{CALIBRATE} --checkpoint={checkpoint}`"
        )
    generator = load_generator(run, checkpoint or (point.checkpoint if point else "last"))
    if point is not None:
        point.require_weights(weights_fingerprint(generator), run)
    return generator, point


def usual_checkpoint(run: str) -> str:
    """Returns the checkpoint of the operating point of a run; "last" if it is missing or damaged."""
    try:
        point = OperatingPoint.of_run(run)
    except PhystdError:
        return "last"
    return point.checkpoint if point else "last"


def calibration_split(faces: PreparedFaces) -> str:
    """Returns the split to choose an operating point on: dev, or train if dev lacks a class (as in SiW, SiW-M)."""
    return "dev" if all(selection_of(faces).count("dev")) else "train"


def choose_operating_point(
    run: str, faces: PreparedFaces, checkpoint: str = "last", progress: Optional[Callable[[int], None]] = None
) -> OperatingPoint:
    """Chooses alpha0 and the threshold of a run, and stores them in it.

    Args:
      run: path of the run folder.
      faces: path of a prepared folder, or a Selection of its faces.
      checkpoint: "last" or "best".
      progress: as in ``score_split``.

    Returns:
      The OperatingPoint; its source says which split it was chosen on.
    """
    split, generator = calibration_split(faces), load_generator(run, checkpoint)
    return store_choice(run, generator, score_split(generator, faces, split, progress), split, checkpoint)


def store_choice(run: str, generator: Network, terms: pd.DataFrame, on: str, checkpoint: str) -> OperatingPoint:
    """Chooses an operating point on scored faces and stores it in a run.

    Args:
      run: path of the run folder.
      generator: Network that computed the terms.
      terms: from ``score_split``, of live and spoof faces.
      on: what the faces are, for the source of the point.
      checkpoint: "last" or "best", that of the generator.

    Returns:
      The OperatingPoint.
    """
    choice = choose_alpha0(terms)
    source = f"EER of {100 * choice.eer:.2f} % on {on}"
    point = OperatingPoint(choice.alpha0, choice.threshold, source, checkpoint, weights_fingerprint(generator))
    point.save(operating_point_path(run))
    return point


def is_data_of_run(run: str, faces: Selection) -> bool:
    """Returns whether a run was trained on these faces, divided in this way, wherever they are now.

    Earlier versions recorded faces and protocol, which are compared, or nothing, which counts as other faces.

    Raises:
      PhystdError: if the list of commands of the run is missing or damaged.
    """
    commands = load_commands(run)[-1:]
    trained_on = commands[0] if commands and isinstance(commands[0], dict) else {}
    if "split_fingerprint" in trained_on:
        return bool(trained_on["split_fingerprint"] == faces.split_fingerprint())
    same = trained_on.get("data_fingerprint") == faces.fingerprint()
    return same and load_protocol_choice(run) == faces.choice  # an earlier version
