"""The rules by which protocols divide clips.

A rule never looks at a picture. What it draws by chance depends on the seed and
on the people of one kind only (those of one type, or of the same types): other
clips may come or go, and the order of rows never matters.
"""

import abc
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.protocols.clip_facts import SPLITS, ClipFacts, prefix_of

_LIVE = 1


class ProtocolError(PhystdError):
    """A protocol is not known, or these clips cannot be divided by it; the message says why."""


class Rule(abc.ABC):
    """Says which clip is train, dev and test."""

    @abc.abstractmethod
    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """The split of each clip, by its id; clips that are not used are left out."""

    def absent(self, clips: Sequence[ClipFacts]) -> list[str]:
        """Names that the rule lists and none of the clips has."""
        return []

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """Sentences on what a user would not expect."""
        return []


class Own(Rule):
    """The dataset's own splits."""

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        return {fact.clip: fact.split for fact in clips if fact.split in SPLITS}


class Everything(Rule):
    """All clips are in one split."""

    def __init__(self, split: str) -> None:
        self._split = split

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        return {fact.clip: self._split for fact in clips}


class Where(Rule):
    """A clip is in the split whose conditions it meets.

    Args:
      conditions: split -> alternatives, each a mapping from a field of ClipFacts to the values it may have.
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


class Drawn(Rule):
    """A share of the people for training, the others for testing.

    People are drawn kind by kind: a kind has the same types of clips. Where
    subjects are not known, each clip is a person, and so each type is divided in
    the same ratio, to the nearest whole number. Where they are, nobody is on both
    sides.

    Args:
      percent: of the people for training.
      seed: of the draw.
    """

    def __init__(self, percent: int, seed: int) -> None:
        self._percent = percent
        self._seed = seed

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        types: dict[str, set[str]] = {}
        for fact in clips:
            types.setdefault(fact.person, set()).add(fact.type)
        kinds: dict[str, list[str]] = {}
        for person in sorted(types):
            kinds.setdefault(",".join(sorted(types[person])), []).append(person)
        training: set[str] = set()
        mixed = wanted = 0
        for kind, people in sorted(kinds.items()):
            if "," in kind:
                # Kinds of a few people each: what one rounds up, the next makes good.
                mixed += len(people)
                count = self._rounded(mixed) - wanted
                wanted += count
            else:
                count = self._rounded(len(people))
            order = stream(self._seed, kind).permutation(len(people))
            training.update(people[index] for index in order[:count])
        return {fact.clip: "train" if fact.person in training else "test" for fact in clips}

    def _rounded(self, people: int) -> int:
        return (people * self._percent + 50) // 100


class Listed(Rule):
    """As lists of names say, the user's own.

    A name that is for training and for testing is only tested: else it would be
    in both.

    Args:
      lists: split -> stems.
      told: whether to remark on clips that no list has.
    """

    def __init__(self, lists: Mapping[str, Sequence[str]], told: bool = True) -> None:
        self._split_of = {stem: split for split in SPLITS for stem in lists.get(split, ())}
        self._twice = sorted(set(lists.get("train", ())) & set(lists.get("test", ())))
        self._told = told

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule."""
        return {fact.clip: self._split_of[fact.stem] for fact in clips if fact.stem in self._split_of}

    def absent(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        there = {fact.stem for fact in clips}
        return [stem for stem in self._split_of if stem not in there]

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        said = []
        if self._twice:
            said.append(f"in the lists for training and for testing, here for testing only: {', '.join(self._twice)}")
        named: dict[str, list[str]] = {}
        for fact in clips:
            named.setdefault(fact.stem, []).append(fact.clip)
        for stem, own in named.items():
            if len(own) > 1 and stem in self._split_of:
                said.append(f"{len(own)} clips have the listed name {stem}: {', '.join(own)}")
        unlisted = sum(fact.stem not in self._split_of for fact in clips)
        if unlisted and self._told:
            said.append(f"{unlisted} clips are in none of the lists and are not used")
        return said


class ByLabel(Rule):
    """One rule for live clips, another for spoofs."""

    def __init__(self, live: Rule, spoof: Rule) -> None:
        self._rules = {1: live, 0: spoof}

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
        return [said for label, rule in self._rules.items() for said in rule.remarks(_of_label(clips, label))]


class Unknown(Rule):
    """Spoof types that are tested and never trained on.

    Args:
      base: divides the clips before the types are removed.
      unknown: name of an unknown type -> what clips of it are called; each must have clips.
      known: whether the known types are tested too (open set).
      whole: whether every clip of the unknown types is tested, or those only that ``base`` tests.
      by_prefix: whether clips are called by the prefix of their stem, instead of their type.
    """

    def __init__(
        self, base: Rule, unknown: Mapping[str, Sequence[str]], known: bool, whole: bool, by_prefix: bool = False
    ) -> None:
        self._base = base
        self._unknown = unknown
        self._known = known
        self._whole = whole
        self._by_prefix = by_prefix

    def assign(self, clips: Sequence[ClipFacts]) -> dict[str, str]:
        """See Rule.

        Raises:
          ProtocolError: if no clip is of an unknown type.
        """
        there = {self._called(fact) for fact in clips}
        for name, calls in self._unknown.items():
            if not there.intersection(calls):
                spoofs = sorted({fact.type for fact in clips if fact.label != _LIVE})
                raise ProtocolError(f"no clip is of the type {name}; there are {', '.join(spoofs) or 'no spoofs'}")
        removed = self._calls()
        base = self._base.assign(clips)
        splits = {}
        for fact in clips:
            split = base.get(fact.clip)
            if self._called(fact) in removed:
                split = "test" if self._whole or split == "test" else None
            elif fact.label != _LIVE and split == "test" and not self._known:
                split = None
            if split:
                splits[fact.clip] = split
        return splits

    def absent(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule; of the unknown types, nothing is listed."""
        removed = self._calls() if self._by_prefix else frozenset()
        return [stem for stem in self._base.absent(clips) if prefix_of(stem) not in removed]

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        return self._base.remarks(clips)

    def _called(self, fact: ClipFacts) -> str:
        return prefix_of(fact.stem) if self._by_prefix else fact.type

    def _calls(self) -> frozenset[str]:
        return frozenset(call for calls in self._unknown.values() for call in calls)


class UnseenInstruments(Rule):
    """The dataset's own splits, with half of the instruments of each type in test only, the others in train and dev.

    A type with one instrument, or none that is recorded, cannot be divided and
    is not used.

    Args:
      seed: of the draw of the instruments.
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
                "no spoof type has two recorded instruments; they come from clips.csv beside an embedded set "
                "(prepare again with this version), or from the dataset's names"
            )
        splits = {}
        for fact in clips:
            if fact.split not in SPLITS:
                continue
            if fact.label != _LIVE:
                if not fact.instrument or not unseen[fact.type]:
                    continue
                if (fact.instrument in unseen[fact.type]) != (fact.split == "test"):
                    continue
            splits[fact.clip] = fact.split
        return splits

    def remarks(self, clips: Sequence[ClipFacts]) -> list[str]:
        """See Rule."""
        said = []
        for kind, names in self._unseen(clips).items():
            said.append(f"{kind}: tested on {', '.join(names)}" if names else f"{kind}: not two instruments, not used")
        return said

    def _unseen(self, clips: Sequence[ClipFacts]) -> dict[str, list[str]]:
        instruments: dict[str, set[str]] = {}
        for fact in clips:
            if fact.label != _LIVE:
                instruments.setdefault(fact.type, set()).update(filter(None, [fact.instrument]))
        unseen = {}
        for kind, names in sorted(instruments.items()):
            order = stream(self._seed, kind).permutation(sorted(names)) if names else []
            unseen[kind] = sorted(str(name) for name in order[: len(names) // 2])
        return unseen


def stream(seed: int, name: str) -> np.random.Generator:
    """Random numbers of their own for a name, whatever else is drawn."""
    return np.random.default_rng([seed, zlib.crc32(name.encode("utf-8"))])


def _of_label(clips: Sequence[ClipFacts], label: int) -> list[ClipFacts]:
    return [fact for fact in clips if fact.label == label]
