"""What the module of each figure makes: the figure, and the content of its caption."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from phystd_tf.figures.samples import Row


class Drawn(NamedTuple):
    """A figure before it is written.

    Attributes:
      figure: Figure.
      shows: what the figure shows, with all amplifications.
      rule: the rule by which the faces were chosen.
      samples: rows of the manifest, in the order in which they are shown.
    """

    figure: Figure
    shows: str
    rule: str
    samples: Sequence[Row]
