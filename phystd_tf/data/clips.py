"""What a reader finds: clips, each with what is known of it."""

from typing import NamedTuple, Optional


class Clip(NamedTuple):
    """One video, one photograph, or one folder of frames.

    Attributes:
      id: of its own within the dataset.
      paths: the video, or the images in order.
      subject: who is seen; None where the layout does not say.
      type: "live" or a spoof type, see ``phystd_tf.spoof_types``.
      label: 1 live, 0 spoof.
      split: "train", "dev" or "test" where the layout says so.
      session: of the recording, in the dataset's own words; empty where the layout does not say.
      device: the camera, likewise.
      instrument: the presentation attack instrument (this printer, that screen), likewise.
      side: path of the dataset's own file of eyes or boxes a frame, see ``phystd_tf.data.readers.face_hints``.
    """

    id: str
    paths: tuple[str, ...]
    subject: Optional[str]
    type: str
    label: int
    split: Optional[str]
    session: str = ""
    device: str = ""
    instrument: str = ""
    side: Optional[str] = None
