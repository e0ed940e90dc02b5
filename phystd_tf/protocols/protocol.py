"""A protocol: who is in which split."""

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
      dataset: the name of its layout; None where it fits any.
      title: what is unknown in the test, in a few words.
      how: how it divides the clips, a sentence.
      source: where it is defined, or that it is ours.
      rule: that divides the clips.
      max_train_frames: of each training clip only so many frames are used, the first; None for all.
      published: split -> (live clips, spoof clips) of the whole dataset, where they are published.
      grid: every clip of the whole dataset, where its names follow from a rule; their ids are the official ones.
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
        """Divides clips.

        Args:
          clips: one ClipFacts a clip, in any order.

        Returns:
          "train", "dev" or "test" by the id of the clip; clips that the protocol
          does not use are left out. A dataset without a dev part gets none.

        Raises:
          ProtocolError: if the protocol takes none of the clips, or cannot divide them.
        """
        try:
            splits = self.rule.assign(clips)
        except ProtocolError as error:
            raise ProtocolError(f"protocol {self.name}: {error}") from error
        if not splits:
            own = self.dataset is None
            why = "they have no splits of their own" if own else f"they are not as those of {self.dataset}"
            raise ProtocolError(f"protocol {self.name} takes none of the {len(clips)} clips: {why}")
        return splits
