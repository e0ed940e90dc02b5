"""Who is in which split.

``load_protocol`` gives a published protocol by its name; the rules of each stand
in the JSON files of ``protocols/`` and in ``protocol_rules``. ``assign_splits``
divides data that have no protocol, by subject.
"""

import dataclasses
import re
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from phystd_tf.evaluation.protocol_building import TYPE, Order, build, families, file_names, grid_of, spellings, table
from phystd_tf.evaluation.protocol_rules import SPLITS, ClipFacts, Own, ProtocolError, Rule, Unknown

# Ours, for data without a protocol: most subjects to learn from, as many to
# choose a threshold on as to report on.
SHARES = {"train": 0.6, "dev": 0.2, "test": 0.2}

AS_PREPARED = "folder"
LEAVE_OUT = "leave_out_"  # followed by types with + between them


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
    published: Mapping[str, Tuple[int, int]] = dataclasses.field(default_factory=dict)
    grid: Tuple[ClipFacts, ...] = ()

    def assign(self, clips: Sequence[ClipFacts]) -> Dict[str, str]:
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


def protocol_names(dataset: Optional[str] = None) -> Tuple[str, ...]:
    """Names of the protocols that fit a dataset; of all by default.

    Beside these there is ``leave_out_<type>+<type>...`` for any types: on the
    dataset's own splits, the types are in test only, and test has no other spoofs.

    Args:
      dataset: name of a layout, as in prepared.json.
    """
    return (AS_PREPARED, *(name for name, (file, _, _) in table().items() if dataset in (None, file["dataset"])))


def takes_lists(name: str) -> bool:
    """Whether a protocol needs the user's own lists, or has a use for them."""
    return name in table() and bool(file_names(table()[name][1]))


def load_protocol(name: str, seed: int = 0, lists: Optional[str] = None) -> Protocol:
    """A protocol by its name.

    Args:
      name: one of ``protocol_names``, or ``leave_out_<type>+<type>...``.
      seed: of the protocols that draw.
      lists: folder with the user's own lists, for the protocols that are made of lists.

    Returns:
      Protocol.

    Raises:
      ProtocolError: if there is no such protocol, or it needs lists and they are
        not there, or it has no use for lists.
    """
    if seed < 0:
        raise ProtocolError(f"the seed of a protocol must not be negative, not {seed}")
    if name == AS_PREPARED or name.startswith(LEAVE_OUT):
        if lists is not None:
            raise ProtocolError(f"protocol {name} is not made of lists")
        return _of_own_splits(name)
    if name not in table():
        raise ProtocolError(
            f"there is no protocol '{name}'; there are {AS_PREPARED}, {', '.join(families())} "
            f"and {LEAVE_OUT}{TYPE}+{TYPE}... (types: {', '.join(spellings())})"
        )
    file, row, kind = table()[name]
    try:
        rule, how = build(Order(file, row, kind, seed, lists))
    except ProtocolError as error:
        raise ProtocolError(f"protocol {name}: {error}") from error
    return Protocol(
        name=name,
        dataset=file["dataset"],
        title=f"{file['title']}: {row['title'].replace(TYPE, kind)}",
        how=how,
        source=file["source"],
        rule=rule,
        max_train_frames=row.get("max_train_frames"),
        published={split: (counts[0], counts[1]) for split, counts in row.get("published", {}).items()},
        grid=grid_of(file["grid"]) if "grid" in file else (),
    )


def _of_own_splits(name: str) -> Protocol:
    ours = "ours"
    if name == AS_PREPARED:
        return Protocol(name, None, "as prepared", "the splits of the prepared folder", ours, Own())
    kinds = name[len(LEAVE_OUT) :].split("+")
    if not all(re.fullmatch(r"[^\W_]+(_[^\W_]+)*", kind) for kind in kinds) or "live" in kinds:
        raise ProtocolError(
            f"protocol '{name}': want {LEAVE_OUT}{TYPE}, or several types with + between them, as in "
            f"{LEAVE_OUT}half_mask+print (types: {', '.join(spellings())})"
        )
    unknown = {kind: spellings().get(kind, [kind]) for kind in kinds}
    how = f"the splits of the prepared folder; {', '.join(kinds)} in test only, where no other spoofs are"
    rule = Unknown(Own(), unknown, known=False, whole=False)
    return Protocol(name, None, f"unknown {', '.join(kinds)}", how, ours, rule)


class Member(NamedTuple):
    """What a split depends on: who is seen, and whether live (1) or spoof (0)."""

    subject: str
    label: int


def assign_splits(members: Sequence[Member], seed: int) -> List[str]:
    """Splits by subject, disjoint, each with live and spoof where possible.

    Subjects are grouped by what they have (live, spoof, or both) and each group
    is divided by SHARES, so that the classes keep their proportion. A group of
    few subjects is given to train, test and dev in that order.

    Args:
      members: one Member a clip.
      seed: of the random order of subjects.

    Returns:
      One of SPLITS for each member; all members of a subject get the same.
    """
    kinds: Dict[str, set] = {}
    for member in members:
        kinds.setdefault(member.subject, set()).add(member.label)
    rng = np.random.default_rng(seed)
    split_of: Dict[str, str] = {}
    for kind in ({0, 1}, {1}, {0}):
        subjects = sorted(subject for subject, labels in kinds.items() if labels == kind)
        order = rng.permutation(len(subjects))
        for position, split in enumerate(_sequence(len(subjects))):
            split_of[subjects[order[position]]] = split
    return [split_of[member.subject] for member in members]


def _sequence(count: int) -> List[str]:
    """``count`` splits in SHARES; few are given to train, then test, then dev."""
    sizes = dict.fromkeys(SPLITS, 0)
    for split in ("train", "test", "dev")[:count]:
        sizes[split] = 1
    for _ in range(count - sum(sizes.values())):
        most_wanting = max(SPLITS, key=lambda split: SHARES[split] * count - sizes[split])
        sizes[most_wanting] += 1
    return [split for split in SPLITS for _ in range(sizes[split])]


def shared_subjects(members: Sequence[Member], splits: Sequence[str]) -> Optional[str]:
    """A subject that is in more than one split, or None: such a leak makes results too good."""
    seen: Dict[str, str] = {}
    for member, split in zip(members, splits):
        if seen.setdefault(member.subject, split) != split:
            return member.subject
    return None
