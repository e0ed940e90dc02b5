"""Layouts of the embedded dataset: a user's own folders, and tiny copies of the layouts of real datasets.

Copies have the real names of folders, files, lists and annotations, so that
what reads the real datasets can be tried on them. The pictures are rendered.
"""

from phystd_tf.synthetic.layouts.layout import Layout
from phystd_tf.synthetic.layouts.oulu import OuluNpu
from phystd_tf.synthetic.layouts.own import OwnFolders
from phystd_tf.synthetic.layouts.siw import Siw
from phystd_tf.synthetic.layouts.siwm import SiwMV1, SiwMV2
from phystd_tf.synthetic.recipe import Clip, Recipe, SyntheticError

LAYOUTS: dict[str, Layout] = {
    "own": OwnFolders(),
    "oulu": OuluNpu(),
    "siw": Siw(),
    "siwm": SiwMV1(),
    "siwmv2": SiwMV2(),
}


def all_clips(recipe: Recipe) -> list[Clip]:
    """Every clip of a set, subject by subject.

    Raises:
      SyntheticError: if the layout has no place for what the recipe wants.
    """
    if recipe.layout not in LAYOUTS:
        raise SyntheticError(f"no layout {recipe.layout!r}; there are {', '.join(LAYOUTS)}")
    layout = LAYOUTS[recipe.layout]
    layout.check(recipe)
    return [clip for subject in range(recipe.subjects) for clip in layout.clips_of(recipe, subject)]
