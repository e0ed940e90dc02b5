"""What a reader finds: clips, each with what is known of it."""

from typing import NamedTuple, Optional, Tuple


class Clip(NamedTuple):
    """One video, one photograph, or one folder of frames.

    Attributes:
      id: of its own within the dataset.
      paths: the video, or the images in order.
      subject: who is seen; None where the layout does not say.
      type: "live" or a spoof type, see ``phystd_tf.spoof_types``.
      label: 1 live, 0 spoof.
      split: "train", "dev" or "test" where the layout says so.
    """

    id: str
    paths: Tuple[str, ...]
    subject: Optional[str]
    type: str
    label: int
    split: Optional[str]
