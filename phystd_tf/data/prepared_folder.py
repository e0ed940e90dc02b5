"""Starts a prepared folder, or checks that it can be resumed."""

import hashlib
import json
import os
from collections.abc import Sequence
from typing import Any

from phystd_tf.data import records
from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.clips import Clip
from phystd_tf.errors import PhystdError
from phystd_tf.face.crop import crop_recipe
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.files.atomic import other_files
from phystd_tf.files.versions import package_versions

UNFINISHED = "unfinished"  # subfolder with the files of finished clips, until they are joined
_NOT_COMPARED = ("morphable_model", "embedded")  # compared by its fingerprint; not stored by earlier versions
# Packages that can change a prepared face.
_PACKAGES = ("phystd_tf", "numpy", "scipy", "opencv-python", "av", "mediapipe")


class PreparationError(PhystdError):
    """Preparation cannot start or continue; the message says why, and what is kept."""


def open_folder(out: str, settings: Settings, clips: Sequence[Clip], model: MorphableModel) -> None:
    """Creates the folder with prepared.json, or checks that it was started with the same settings and clips.

    Args:
      out: path of the folder.
      settings: Settings.
      clips: all clips of the dataset, with their splits.
      model: the morphable model.

    Raises:
      PreparationError: if the folder was started with other settings or clips, or holds other files.
    """
    # Converted to JSON and back, to be comparable with the stored settings.
    wanted = json.loads(
        json.dumps(
            {
                "format": records.FORMAT_VERSION,
                **{name: value for name, value in settings._asdict().items() if name not in _NOT_COMPARED},
                "crop": crop_recipe(),
                "morphable_model_sha256": model.fingerprint(),
                "vertex_pairs": model.vertex_pairs.tolist(),
                "clips": len(clips),
                "clips_sha256": _fingerprint(clips),
            }
        )
    )
    if os.path.exists(os.path.join(out, records.PREPARED_FILE)):
        found = records.load_settings(out)
        differing = [name for name in wanted if found.get(name) != wanted[name]]
        if differing:
            raise PreparationError(f"{out} was started in another way: {_described(differing, found, wanted)}")
    elif os.path.exists(out) and (not os.path.isdir(out) or other_files(out)):
        raise PreparationError(f"{out} is not empty and is not a prepared folder; give another --out")
    else:
        os.makedirs(out, exist_ok=True)
        more = {"embedded": settings.embedded, **records.OWN_SOURCES, "versions": package_versions(_PACKAGES)}
        records.save_settings(out, {**wanted, **more})


def _described(differing: Sequence[str], found: dict[str, Any], wanted: dict[str, Any]) -> str:
    if set(differing) <= {"clips", "clips_sha256"}:
        change = f"{found['clips']} clips, now {wanted['clips']}" if "clips" in differing else "renamed or moved"
        return f"the photographs and videos are no longer the same ({change}); give another --out"
    if "morphable_model_sha256" in differing:
        return "with another morphable model; give another --out"
    shown = [name for name in differing if not name.startswith("clips")]
    return "; ".join(f"{name} was {found.get(name)}, now {wanted[name]}" for name in shown) + "; give another --out"


def _fingerprint(clips: Sequence[Clip]) -> str:
    lines = [
        repr((clip.id, clip.subject, clip.type, clip.split, [os.path.basename(path) for path in clip.paths]))
        for clip in clips
    ]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()
