"""A protocol: which clip is in which split."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Optional

from phystd_tf.protocols.clip_facts import ClipFacts
from phystd_tf.protocols.rules import ProtocolError, Rule


@dataclasses.dataclass(frozen=True)
class Protocol:
    """One way of dividing a dataset.

    Attributes:
      name: as given to ``load_protocol``.
      dataset: layout of the dataset; None if the protocol fits any dataset.
      title: what is unknown at test time, in a few words.
      how: how the clips are divided, in one sentence.
      source: where the protocol is defined, or that it is ours.
      rule: the rule that divides the clips.
      max_train_frames: number of frames used of each training clip, counted from its start; None for all.
      published: split -> published numbers of (live clips, spoof clips) in the whole dataset, where known.
      grid: every clip of the whole dataset, where the names of clips follow a rule; the IDs are the official names.
    """

    name: str
    dataset: Optional[str]
    title: str
    how: str
    source: str
    rule: Rule
    max_train_frames: Optional[int] = None
    published: Mapping[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    grid: tuple[ClipFacts, ...] = ()

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """Divides clips into splits.

        Args:
          clips: one ClipFacts per clip, in any order.

        Returns:
          ID of a clip -> "train", "dev" or "test". Clips that the protocol does
          not use are left out. No clip is in dev if the dataset has no dev part.

        Raises:
          ProtocolError: if the protocol uses none of the clips, or cannot divide them.
        """
        try:
            splits = self.rule.assign(clips)
        except ProtocolError as error:
            raise ProtocolError(f"protocol {self.name}: {error}") from error
        if not splits:
            fits_any = self.dataset is None
            why = "they have no splits of their own" if fits_any else f"they do not match those of {self.dataset}"
            raise ProtocolError(f"protocol {self.name} uses none of the {len(clips)} clips: {why}")
        return splits
