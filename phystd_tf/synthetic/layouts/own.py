"""The layout of a user's own folders: split, live or spoof type, subject, clip, frame."""

from phystd_tf import spoof_types
from phystd_tf.synthetic.layouts.layout import Layout
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip, split_of


class OwnFolders(Layout):
    """Frames in folders, see ``dataset``."""

    def clips_of(self, recipe: Recipe, subject: int) -> list[SyntheticClip]:
        """The live clips, then the clips of each spoof type."""
        split = split_of(subject, recipe)
        clips = [SyntheticClip(split, spoof_types.LIVE, subject, n) for n in range(recipe.live_clips)]
        for name in recipe.types:
            clips += [SyntheticClip(split, name, subject, n) for n in range(recipe.clips_per_subject)]
        return clips
