"""Files with pictures of judged faces: one PNG per photograph, and one MP4 per clip."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Callable, NamedTuple, Optional

import numpy as np

from phystd_tf.files.images import mark_of, write_image
from phystd_tf.files.names import folded
from phystd_tf.files.outputs import has_mark
from phystd_tf.files.video import is_video
from phystd_tf.files.video_writing import is_video_made_by, writing_video
from phystd_tf.inference.inputs import Input
from phystd_tf.inference.judging import JudgedFrame


class Drawing(NamedTuple):
    """A kind of picture.

    Attributes:
      made_by: name of the program, stored in each file that is written.
      draw: makes the picture [H, W, 3] uint8 RGB of a frame; None if there is nothing to see. The flag says whether it
        is a frame of a clip; then, frames of one size give pictures of one size.
    """

    made_by: str
    draw: Callable[[JudgedFrame, bool], Optional[np.ndarray]]

    def is_own(self, path: str) -> bool:
        """Whether a file is a picture or a video of this kind."""
        return is_video_made_by(path, self.made_by) if is_video(path) else has_mark(mark_of(self.made_by))(path)

    @contextlib.contextmanager
    def file(self, source: Input, path: str) -> Iterator[Callable[[JudgedFrame], str]]:
        """Draws the frames of an input into a file; what was drawn is kept if the work is interrupted.

        Args:
          source: Input.
          path: path of the file, from ``drawn_paths``.

        Yields:
          A function that draws a frame and returns the path, or "" if nothing was drawn.
        """
        writing: contextlib.AbstractContextManager[Callable[[np.ndarray, float], None]]
        if source.is_clip:
            writing = writing_video(path, self.made_by)
        else:
            writing = contextlib.nullcontext(lambda picture, _: write_image(picture, path, self.made_by))
        with writing as write:

            def draw(judged: JudgedFrame) -> str:
                picture = self.draw(judged, source.is_clip)
                if picture is None:
                    return ""
                write(picture, judged.frame.seconds)
                return path

            yield draw


def drawn_paths(inputs: Sequence[Input], out: str) -> list[str]:
    """A distinct path for the picture of each input, whether or not it has a face.

    Args:
      inputs: some may have the same file name, or names that differ only in case.
      out: folder of the pictures.
    """
    taken: set[str] = set()
    paths = []
    for source in inputs:
        stem = os.path.splitext(os.path.basename(source.path))[0]
        name, count = stem, 1
        while folded(name) in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(folded(name))
        paths.append(os.path.join(out, f"{name}{'.mp4' if source.is_clip else '.png'}"))
    return paths
