"""Layouts of the synthetic dataset: a user's own folders, and small copies of the layouts of real datasets.

The copies use the real names of folders, files, lists and annotations, so that
readers of the real datasets can be tested on them. The images are rendered.
"""

from phystd_tf.synthetic.layouts.layout import Layout
from phystd_tf.synthetic.layouts.oulu import OuluNpu
from phystd_tf.synthetic.layouts.own import OwnFolders
from phystd_tf.synthetic.layouts.siw import Siw
from phystd_tf.synthetic.layouts.siwm import SiwMV1, SiwMV2
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip, SyntheticError

LAYOUTS: dict[str, Layout] = {
    "own": OwnFolders(),
    "oulu": OuluNpu(),
    "siw": Siw(),
    "siwm": SiwMV1(),
    "siwmv2": SiwMV2(),
}


def all_clips(recipe: Recipe) -> list[SyntheticClip]:
    """All clips of a dataset, ordered by subject.

    Raises:
      SyntheticError: if the layout does not exist or does not support the recipe.
    """
    if recipe.layout not in LAYOUTS:
        raise SyntheticError(f"unknown layout {recipe.layout!r}; choose from {', '.join(LAYOUTS)}")
    layout = LAYOUTS[recipe.layout]
    layout.check(recipe)
    return [clip for subject in range(recipe.subjects) for clip in layout.clips_of(recipe, subject)]
