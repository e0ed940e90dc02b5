"""Clips, as found by the readers of datasets."""

from typing import NamedTuple, Optional


class Clip(NamedTuple):
    """One video, one photograph, or one folder of frames.

    Attributes:
      id: ID, unique within the dataset.
      paths: the path of the video, or the paths of the images in order.
      subject: the person in the clip; None if the layout does not say.
      type: "live" or a spoof type, see ``phystd_tf.spoof_types``.
      label: 1 live, 0 spoof.
      split: "train", "dev" or "test"; None if the layout does not say.
      session: recording session, as named by the dataset; empty if the layout does not say.
      device: camera, as named by the dataset; empty if the layout does not say.
      instrument: presentation attack instrument (such as a particular printer or screen), as named by the dataset;
        empty if the layout does not say.
      side: path of the side file of the dataset with eyes or boxes for each frame, see
        ``phystd_tf.data.readers.face_hints``; None if there is none.
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
