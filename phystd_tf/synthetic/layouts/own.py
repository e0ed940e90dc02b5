"""A user's own folders: split, live or type of spoof, subject, clip, frame."""

from phystd_tf import spoof_types
from phystd_tf.synthetic.layouts.layout import Layout
from phystd_tf.synthetic.recipe import Clip, Recipe, split_of


class OwnFolders(Layout):
    """Frames in folders, see ``dataset``."""

    def clips_of(self, recipe: Recipe, subject: int) -> list[Clip]:
        """Live clips, then those of each type."""
        split = split_of(subject, recipe)
        clips = [Clip(split, spoof_types.LIVE, subject, n) for n in range(recipe.live_clips)]
        for name in recipe.types:
            clips += [Clip(split, name, subject, n) for n in range(recipe.clips_per_subject)]
        return clips
