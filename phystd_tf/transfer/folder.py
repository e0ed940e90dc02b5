"""The folder of synthesized spoofs, in the layout of a user's own folders, and the origin of each of its images.

    OUT/synthesized.json                                     how everything in it was made
    OUT/provenance.csv                                       one row per pair, including refused pairs
    OUT/originals.csv                                        one row per original face that was copied
    OUT/<split>/spoof/<type>/<person>/synthesized-<number>.png
    OUT/<split>/live/<person>/<clip>/<frame>.png             originals; the same for original spoofs

Next to each image is its geometry (``phystd_tf.data.crop_geometry``), so that preparation uses the crop as it is.
"""

import csv
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from phystd_tf.data.crop_geometry import CropGeometry, geometry_path, write_geometry
from phystd_tf.data.records import CLASS_NAMES
from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import other_files, remove_unfinished, replacing, write_json
from phystd_tf.files.images import write_image
from phystd_tf.files.json_file import read_json
from phystd_tf.files.outputs import check_place
from phystd_tf.spoof_types import LIVE

SETTINGS_FILE = "synthesized.json"
PROVENANCE_FILE = "provenance.csv"
ORIGINALS_FILE = "originals.csv"
MADE_BY = "phystd_tf synthesize"
NOTE = (
    "Crops that were synthesized for training, from traces that a model estimated. They are no photographs of spoofs; "
    "no result may be measured on them."
)
PROVENANCE_COLUMNS = (
    "image", "type", "number", "status", "source_clip", "source_frame", "source_subject", "target_clip",
    "target_frame", "target_subject", "weight_B", "weight_C", "weight_T", "weight_P", "folded", "offset",
)  # fmt: skip
ORIGINALS_COLUMNS = ("image", "clip", "frame", "subject", "type", "split")
_NOT_COMPARED = ("note", "run", "data", "versions")  # these may differ, as after a move


class SynthesisError(PhystdError):
    """Spoofs cannot be synthesized; the message says why."""


def open_folder(out: str, settings: Mapping[str, Any]) -> None:
    """Makes the folder, or checks that it was begun with the same settings.

    Args:
      out: path of the folder.
      settings: what SETTINGS_FILE has besides the note.

    Raises:
      SynthesisError: if it was begun with other settings, or holds other files.
      OutputError: if it cannot be made.
    """
    path, wanted = os.path.join(out, SETTINGS_FILE), {"note": NOTE, **settings}
    check_place(path)
    if not os.path.exists(path):
        if os.path.exists(out) and (not os.path.isdir(out) or other_files(out)):
            raise SynthesisError(f"{out} is not empty and holds no {SETTINGS_FILE}; give another --out")
        os.makedirs(out, exist_ok=True)
        write_json(wanted, path)
        return
    found = read_json(path, SynthesisError, "give another --out")
    differing = [name for name in wanted if name not in _NOT_COMPARED and found.get(name) != wanted[name]]
    if differing:
        shown = "; ".join(f"{name} was {found.get(name)}, now {wanted[name]}" for name in differing)
        raise SynthesisError(f"{out} was begun in another way: {shown}; give another --out")


def remove_unfinished_files(out: str) -> None:
    """Removes files that a killed process left unfinished; no other process may be working in the folder."""
    for place, _, _ in os.walk(out):
        remove_unfinished(place)


def is_embedded(root: str) -> bool:
    """Whether a folder holds synthesized spoofs of simulated people."""
    path = os.path.join(root, SETTINGS_FILE)
    return os.path.exists(path) and bool(read_json(path, SynthesisError).get("embedded"))


def image_path(split: str, spoof_type: str, person: str, *names: str) -> str:
    """Path of an image below the folder, with slashes; ``names`` are its clip, if it is in one, and its file."""
    kind = (CLASS_NAMES[1],) if spoof_type == LIVE else (CLASS_NAMES[0], spoof_type)
    return "/".join([split, *kind, *map(file_name, (person, *names))]) + ".png"


def file_name(text: str) -> str:
    """A text as a file name: the text itself if valid, else its valid characters and a digest."""
    if re.fullmatch(r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,79}", text):
        return text
    left = re.sub(r"[^0-9A-Za-z_-]+", "_", text)[-60:].lstrip("-")
    return f"{left}-{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:10]}"


def write_crop(out: str, path: str, image: Any, geometry: CropGeometry, morphable_model: str) -> None:
    """Writes the geometry of an image [N, N, 3] uint8, and then the image; ``path`` is from ``image_path``."""
    whole = os.path.join(out, *path.split("/"))
    write_geometry(geometry, geometry_path(whole), morphable_model)
    write_image(image, whole, MADE_BY)


def is_written(out: str, path: str) -> bool:
    """Whether an image exists; its geometry was written before it."""
    return os.path.exists(os.path.join(out, *path.split("/")))


def write_rows(out: str, name: str, columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes one of the tables of the folder atomically."""
    with replacing(os.path.join(out, name)) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_rows(out: str, name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Reads one of the tables of the folder; no rows if it does not exist yet.

    Raises:
      SynthesisError: if it is damaged.
    """
    path = os.path.join(out, name)
    if not os.path.exists(path):
        return []
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            found, rows = tuple(reader.fieldnames or ()), list(reader)
    except (OSError, ValueError, csv.Error) as error:
        raise SynthesisError(f"{path}: cannot be read ({error}); give another --out") from error
    if found != columns or any(None in row or None in row.values() for row in rows):
        raise SynthesisError(f"{path}: damaged; give another --out, or remove it to begin again")
    return rows
