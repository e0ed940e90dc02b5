"""The rules by which protocols divide clips.

Rules use only the facts about clips, never their images. A random division
depends only on the seed and on the people of one group (those with the same
types of clips), apart from rounding: neither other clips nor the order of the
rows change it.
"""

import abc
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.names import first_spellings
from phystd_tf.protocols.clip_facts import SPLITS, ClipFacts, prefix_of

_LIVE_LABEL, _SPOOF_LABEL = 1, 0


class ProtocolError(PhystdError):
    """A protocol is unknown, or cannot divide these clips; the message says why."""


class Rule(abc.ABC):
    """Decides which clips are train, dev and test."""

    @abc.abstractmethod
    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """Returns ID of a clip -> split; clips that are not used are left out."""

    def absent(self, clips: Sequence[ClipFacts]) -> list[str]:
        """Returns the names that the rule lists but no clip has."""
        return []

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """Returns sentences about anything that a user would not expect."""
        return []


class OfficialSplit(Rule):
    """Uses the splits given by the dataset."""

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        return {fact.clip: fact.split for fact in clips if fact.split in SPLITS}


class Everything(Rule):
    """Puts all clips into one split."""

    def __init__(self, split: str) -> None:
        self._split = split

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        return {fact.clip: self._split for fact in clips}


class FilteredSplit(Rule):
    """Puts each clip into the split whose conditions it meets.

    Args:
      conditions: split -> alternatives, each a mapping from a field of ClipFacts to the values allowed for it.
    """

    def __init__(self, conditions: Mapping[str, Sequence[Mapping[str, frozenset[str]]]]) -> None:
        self._conditions = conditions

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        splits = {}
        for fact in clips:
            for split, alternatives in self._conditions.items():
                if any(all(getattr(fact, name) in values for name, values in one.items()) for one in alternatives):
                    splits[fact.clip] = split
        return splits


class RandomSplit(Rule):
    """Uses a random share of the people for training, and the others for testing.

    People are drawn separately within each group of people who have the same
    types of clips. Where subjects are unknown, each clip counts as a person, so
    each type is divided in the same ratio, to the nearest whole number. Where
    subjects are known, nobody is in both splits.

    Args:
      percent: percentage of the people used for training.
      seed: seed of the draw.
    """

    def __init__(self, percent: int, seed: int) -> None:
        self._percent = percent
        self._seed = seed

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        spelled = first_spellings(fact.person for fact in clips)
        types: dict[str, set[str]] = {}
        for fact in clips:
            types.setdefault(spelled[fact.person], set()).add(fact.type)
        groups: dict[str, list[str]] = {}
        for person in sorted(types):
            groups.setdefault(",".join(sorted(types[person])), []).append(person)
        training: set[str] = set()
        mixed = wanted = 0
        for group, people in sorted(groups.items()):
            if "," in group:
                # These groups may have few people each, so the rounding error is carried over to the next one.
                mixed += len(people)
                count = self._rounded(mixed) - wanted
                wanted += count
            else:
                count = self._rounded(len(people))
            order = stream(self._seed, group).permutation(len(people))
            training.update(people[index] for index in order[:count])
        return {fact.clip: "train" if spelled[fact.person] in training else "test" for fact in clips}

    def _rounded(self, people: int) -> int:
        return (people * self._percent + 50) // 100


class ListSplit(Rule):
    """Follows the user's own lists of names.

    A name that is listed for both training and testing is used for testing only,
    so that the splits stay disjoint.

    Args:
      lists: split -> stems.
      remark_unlisted: whether to remark on clips that are in none of the lists.
    """

    def __init__(self, lists: Mapping[str, Sequence[str]], remark_unlisted: bool = True) -> None:
        self._split_of = {stem: split for split in SPLITS for stem in lists.get(split, ())}
        self._in_both = sorted(set(lists.get("train", ())) & set(lists.get("test", ())))
        self._remark_unlisted = remark_unlisted

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        return {fact.clip: self._split_of[fact.stem] for fact in clips if fact.stem in self._split_of}

    def absent(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        present = {fact.stem for fact in clips}
        return [stem for stem in self._split_of if stem not in present]

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        found = []
        if self._in_both:
            found.append(f"listed for both training and testing, used for testing only: {', '.join(self._in_both)}")
        clips_of: dict[str, list[str]] = {}
        for fact in clips:
            clips_of.setdefault(fact.stem, []).append(fact.clip)
        for stem, same_stem in clips_of.items():
            if len(same_stem) > 1 and stem in self._split_of:
                found.append(f"{len(same_stem)} clips have the listed name {stem}: {', '.join(same_stem)}")
        unlisted = sum(fact.stem not in self._split_of for fact in clips)
        if unlisted and self._remark_unlisted:
            found.append(f"{unlisted} clips are in none of the lists and are not used")
        return found


class ByLabel(Rule):
    """Applies one rule to live clips and another to spoofs."""

    def __init__(self, live: Rule, spoof: Rule) -> None:
        self._rules = {_LIVE_LABEL: live, _SPOOF_LABEL: spoof}

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        splits: dict[str, str] = {}
        for label, rule in self._rules.items():
            splits.update(rule.assign(_of_label(clips, label)))
        return {fact.clip: splits[fact.clip] for fact in clips if fact.clip in splits}

    def absent(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        return [stem for label, rule in self._rules.items() for stem in rule.absent(_of_label(clips, label))]

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        return [remark for label, rule in self._rules.items() for remark in rule.remarks(_of_label(clips, label))]


class LeftOutTypes(Rule):
    """Tests some spoof types and never trains on them.

    Args:
      base: rule that divides the clips before the types are left out.
      left_out: name of a left-out type -> the types, or prefixes of stems, that count as it; each name must have clips.
      known: whether the other spoof types are tested too (open set).
      whole: whether all clips of the left-out types are tested, or only those that ``base`` puts into test.
      by_prefix: whether ``left_out`` holds prefixes of stems instead of types.
    """

    def __init__(
        self, base: Rule, left_out: Mapping[str, Sequence[str]], known: bool, whole: bool, by_prefix: bool = False
    ) -> None:
        self._base = base
        self._left_out = left_out
        self._known = known
        self._whole = whole
        self._by_prefix = by_prefix

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule.

        Raises:
          ProtocolError: if a left-out type has no clip.
        """
        present = {self._type_or_prefix(fact) for fact in clips}
        for name, members in self._left_out.items():
            if not present.intersection(members):
                spoofs = sorted({fact.type for fact in clips if fact.label != _LIVE_LABEL})
                raise ProtocolError(f"no clip is of the type {name}; there are {', '.join(spoofs) or 'no spoofs'}")
        left_out = self._members()
        base = self._base.assign(clips)
        splits = {}
        for fact in clips:
            split = base.get(fact.clip)
            if self._type_or_prefix(fact) in left_out:
                split = "test" if self._whole or split == "test" else None
            elif fact.label != _LIVE_LABEL and split == "test" and not self._known:
                split = None
            if split:
                splits[fact.clip] = split
        return splits

    def absent(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule; names of left-out types are not included, since these types do not follow the lists."""
        left_out = self._members() if self._by_prefix else frozenset()
        return [stem for stem in self._base.absent(clips) if prefix_of(stem) not in left_out]

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        return self._base.remarks(clips)

    def _type_or_prefix(self, fact: ClipFacts) -> str:
        return prefix_of(fact.stem) if self._by_prefix else fact.type

    def _members(self) -> frozenset[str]:
        return frozenset(member for members in self._left_out.values() for member in members)


class FewPeople(Rule):
    """Trains on a few people of one spoof type; the others of this type are in neither train nor dev.

    Args:
      base: rule that divides the clips first.
      members: the types that count as this type.
      count: number of people; a larger number keeps those of a smaller one.
      seed: seed of the draw.
    """

    def __init__(self, base: Rule, members: Sequence[str], count: int, seed: int) -> None:
        self._base = base
        self._members, self._name = frozenset(members), "+".join(sorted(members))
        self._count = count
        self._seed = seed

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule.

        Raises:
          ProtocolError: if train has clips, but fewer people of the type.
        """
        splits = self._base.assign(clips)
        spelled = first_spellings(fact.person for fact in clips)
        own = [fact for fact in clips if fact.type in self._members and fact.clip in splits]
        people = sorted({spelled[fact.person] for fact in own if splits[fact.clip] == "train"})
        if "train" in splits.values() and len(people) < self._count:
            raise ProtocolError(f"only {len(people)} people of the type {self._name} are in train")
        order = stream(self._seed, self._name).permutation(len(people))
        kept = {people[index] for index in order[: self._count]}
        for fact in own:
            split = splits[fact.clip]
            if split == "dev" or (split == "train" and spelled[fact.person] not in kept):
                del splits[fact.clip]
        return splits


class UnseenInstruments(Rule):
    """Uses the dataset's splits, but half of the instruments of each type in test only, the others in train and dev.

    A type with fewer than two recorded instruments cannot be divided and is not
    used.

    Args:
      seed: seed of the random choice of instruments.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule.

        Raises:
          ProtocolError: if no type has two instruments.
        """
        unseen = self._unseen(clips)
        if not any(unseen.values()):
            raise ProtocolError(
                "no spoof type has two recorded instruments; they are read from clips.csv next to an embedded set "
                "(prepare it again with this version), or from the names of the dataset"
            )
        splits = {}
        for fact in clips:
            if fact.split not in SPLITS:
                continue
            if fact.label != _LIVE_LABEL:
                if not fact.instrument or not unseen[fact.type]:
                    continue
                if (fact.instrument in unseen[fact.type]) != (fact.split == "test"):
                    continue
            splits[fact.clip] = fact.split
        return splits

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        return [
            f"{kind}: tested on {', '.join(names)}" if names else f"{kind}: fewer than two instruments, not used"
            for kind, names in self._unseen(clips).items()
        ]

    def _unseen(self, clips: Sequence[ClipFacts]) -> dict[str, list[str]]:
        instruments: dict[str, set[str]] = {}
        for fact in clips:
            if fact.label != _LIVE_LABEL:
                instruments.setdefault(fact.type, set()).update(filter(None, [fact.instrument]))
        unseen = {}
        for kind, names in sorted(instruments.items()):
            order = stream(self._seed, kind).permutation(sorted(names)).tolist()
            unseen[kind] = sorted(order[: len(names) // 2])
        return unseen


def stream(seed: int, name: str) -> np.random.Generator:
    """Returns a random generator that depends only on the seed and a name, not on any other draw."""
    return np.random.default_rng([seed, zlib.crc32(name.encode("utf-8"))])


def _of_label(clips: Sequence[ClipFacts], label: int) -> list[ClipFacts]:
    return [fact for fact in clips if fact.label == label]
