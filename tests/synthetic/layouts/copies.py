"""Small copies of real datasets: recipes, and the names of their files."""

import contextlib
import dataclasses
import os
import re

import pytest

from phystd_tf.synthetic import dataset
from phystd_tf.synthetic.layouts import LAYOUTS, all_clips, oulu
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.recipe import Recipe

# Patterns of all paths in a copy, except synthetic.json, clips.csv and truth/, which real datasets do not have.
PATTERNS = {
    "oulu": (
        r"(Train|Dev|Test)_files/[1-6]_[1-3]_\d\d_[1-5]\.(avi|txt)",
        r"Protocols/Protocol_[12]/(Train|Dev|Test)\.txt",
        r"Protocols/Protocol_[34]/(Train|Dev|Test)_[1-6]\.txt",
    ),
    "siw": (
        r"(Train|Test)/live/(\d{3})/\2-[12]-1-[12]-[12](\.m)?\.(mov|face)",
        r"(Train|Test)/spoof/(\d{3})/\2-[12]-2-[12]-[12]\.(mov|face)",
        r"(Train|Test)/spoof/(\d{3})/\2-[12]-3-[1-4]-[12]\.(mov|face)",
    ),
    "siwm": (
        r"Live/(Train|Test)/Live_[1-9]\d*\.(mov|face)",
        r"(Paper|Replay)/\1_[1-9]\d*\.(mov|face)",
        r"Mask/(HalfMask/Mask_Half|MannequinHead/Mask_Mann|PaperMask/Mask_Paper)_[1-9]\d*\.(mov|face)",
        r"Mask/(SiliconeMask/Mask_Silicone|TransparentMask/Mask_Trans)_[1-9]\d*\.(mov|face)",
        r"Makeup/(Cosmetic/Makeup_Co|Impersonation/Makeup_Im|Obfuscation/Makeup_Ob)_[1-9]\d*\.(mov|face)",
        r"Partial/(FunnyeyeGlasses/Partial_Funnyeye|PaperGlasses/Partial_Paperglass)_[1-9]\d*\.(mov|face)",
        r"Partial/PaperCut/Partial_(Eye|Mouth)_[1-9]\d*\.(mov|face)",
        r"(train|test)list\.txt",
    ),
    "siwmv2": (
        r"Live/Live_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/(Paper/Paper|Replay/Replay|Silicone/Mask_Silicone|Mannequin/Mask_Mann)_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/(Mask_HalfMask/Mask_Half|Mask_PaperMask/Mask_Paper)_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/Mask_TransparentMask/Mask_Trans_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/(Makeup_Cosmetic/Makeup_Co|Makeup_Impersonation/Makeup_Im)_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/Makeup_Obfuscation/Makeup_Ob_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/Partial_PaperGlasses/Partial_Paperglass_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/Partial_FunnyeyeGlasses/Partial_Funnyeye_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/(Partial_Eye|Partial_Mouth)/\1_[1-9]\d*\.(mov|avi|mp4)",
        r"pro_3_text/(train|test)list_(all|live)\.txt",
        r"pro_3_text/(train|test)_(A_pretrain|B_spoof|C_race|D_age|E_ill)\.txt",
    ),
}
COPIES = sorted(PATTERNS)
FRAMES, SIZE = 2, 96


def copy_recipe(layout, **changes):
    """A small recipe with this layout and all spoof types that it supports."""
    defaults = LAYOUTS[layout]
    recipe = Recipe(
        layout=layout,
        subjects=defaults.subjects,
        clips_per_subject=defaults.clips_per_subject,
        types=tuple(name for name in MEDIA if name in defaults.types),
        frames_per_clip=FRAMES,
        size=SIZE,
    )
    return dataclasses.replace(recipe, **changes)


def small_recipe(layout, truth):
    """As few people as the layout needs."""
    return copy_recipe(layout, truth=truth, **({"subjects": 2} if layout.startswith("siw") else {}))


@contextlib.contextmanager
def one_phone():
    """OULU-NPU has a single phone, to save time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oulu, "PHONES", (4,))
        yield


def make_copies(tmp_path_factory, truth):
    """Layout -> root of one small copy, with ``one_phone``."""
    roots = {}
    with one_phone():
        for layout in COPIES:
            roots[layout] = str(tmp_path_factory.mktemp(layout) / "set")
            dataset.make_dataset(roots[layout], small_recipe(layout, truth))
    return roots


def files_below(root):
    """Paths of all files below the root, with forward slashes."""
    return {
        os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
        for folder, _, names in os.walk(root)
        for name in names
    }


def clips_and_lists(layout, **changes):
    """All clips and lists of a copy."""
    clips = all_clips(copy_recipe(layout, **changes))
    return clips, LAYOUTS[layout].lists(clips)


def is_allowed(layout, path):
    """Whether a copy may have a file with this path."""
    ours = path in ("synthetic.json", "clips.csv", ".lock") or path.startswith("truth/")
    return ours or any(re.fullmatch(pattern, path) for pattern in PATTERNS[layout])
