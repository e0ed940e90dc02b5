"""SiW-M in its first edition and as SiW-Mv2: 13 spoof types in folders, file names without subjects.

First edition:

    OUT/Live/{Train,Test}/Live_<n>.mov                  with a .face file for each video
    OUT/{Paper,Replay}/<stem>_<n>.mov
    OUT/{Makeup,Mask,Partial}/<folder>/<stem>_<n>.mov
    OUT/{trainlist,testlist}.txt                        lists of the protocol of known attacks, spoofs only

SiW-Mv2:

    OUT/Live/Live_<n>.{mov,avi,mp4}                     without annotation files
    OUT/Spoof/<folder>/<stem>_<n>.{mov,avi,mp4}
    OUT/pro_3_text/*.txt                                lists of the three protocols

The lists were published with code, separately from the videos. The video numbers
are the first ones of the public lists, so that the public lists split a copy in
the same way as the lists of the copy. A copy with more videos continues with
numbers that the dataset does not have, from 1001 for training and 2001 for
testing. If the public lists have no test video of a type (obfuscation makeup in
the first edition), a copy has none either. Paper over the eyes and paper over the
mouth are two stems of one type. Training and test subjects are disjoint.
"""

import abc
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic.layouts.annotations import box_lines
from phystd_tf.synthetic.layouts.layout import Layout, split_counts
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip
from phystd_tf.synthetic.scene.conditions import Conditions

# Stem -> spoof type. The two stems of partial_paper differ by a word in the name of the instrument.
STEMS = {
    "Live": spoof_types.LIVE,
    "Replay": spoof_types.REPLAY,
    "Paper": spoof_types.PRINT,
    "Mask_Half": spoof_types.HALF_MASK,
    "Mask_Silicone": spoof_types.SILICONE_MASK,
    "Mask_Trans": spoof_types.TRANSPARENT_MASK,
    "Mask_Paper": spoof_types.PAPER_MASK,
    "Mask_Mann": spoof_types.MANNEQUIN,
    "Makeup_Ob": spoof_types.OBFUSCATION_MAKEUP,
    "Makeup_Im": spoof_types.IMPERSONATION_MAKEUP,
    "Makeup_Co": spoof_types.COSMETIC_MAKEUP,
    "Partial_Funnyeye": spoof_types.FUNNY_EYEGLASSES,
    "Partial_Paperglass": spoof_types.PAPER_GLASSES,
    "Partial_Eye": spoof_types.PARTIAL_PAPER,
    "Partial_Mouth": spoof_types.PARTIAL_PAPER,
}
_INSTRUMENT_WORDS = {"Partial_Eye": "eye", "Partial_Mouth": "mouth"}
_SIZES = (3, 2)
# Stem -> the first video numbers for training and for testing.
_V1_NUMBERS = {
    # The folder of each live number is not published; the first numbers are used for training, the next for testing.
    "Live": ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32"),
    "Makeup_Co": ("2 5 6 7 9 10 14 41", "1 3 4 12 13 40"),
    "Makeup_Im": ("1 3 4 5 6 7 11 12", "2 8 9 10 14 18 19 20"),
    "Makeup_Ob": ("1 2 3 4 5 6 7 8", ""),
    "Mask_Half": ("1 2 3 7 9 10 11 12", "4 5 6 8 16 18 19 20"),
    "Mask_Mann": ("1 2 4 5 6 7 8 10", "3 9 11 13 18 21 22 23"),
    "Mask_Paper": ("1 2 3 5 6 7 10 12", "4 8 9 11 13 15 17"),
    "Mask_Silicone": ("1 2 3 4 5 6 7 13", "8 9 10 11 12 15 18 19"),
    "Mask_Trans": ("1 2 4 5 7 9 10 12", "3 6 8 11 18 20 22 24"),
    "Paper": ("4 5 7 9 12 14 15 16", "1 2 3 6 8 10 11 13"),
    "Partial_Eye": ("1 2 3 5 6 7 8 9", "4 11 12 15 16 19 22 25"),
    "Partial_Funnyeye": ("1 6 10 11 12 16 17 18", "2 3 4 5 7 8 9 13"),
    "Partial_Mouth": ("1 2 3 4 5 7 9 12", "6 8 10 11 15 18 19 20"),
    "Partial_Paperglass": ("3 4 6 7 9 11 12 13", "1 2 5 8 10 17 19 20"),
    "Replay": ("1 2 3 4 5 6 7 8", "9 11 15 16 18 19 24 25"),
}
_V1_FOLDERS = {
    "Paper": "Paper",
    "Replay": "Replay",
    "Mask_Half": "Mask/HalfMask",
    "Mask_Silicone": "Mask/SiliconeMask",
    "Mask_Trans": "Mask/TransparentMask",
    "Mask_Paper": "Mask/PaperMask",
    "Mask_Mann": "Mask/MannequinHead",
    "Makeup_Ob": "Makeup/Obfuscation",
    "Makeup_Im": "Makeup/Impersonation",
    "Makeup_Co": "Makeup/Cosmetic",
    "Partial_Funnyeye": "Partial/FunnyeyeGlasses",
    "Partial_Paperglass": "Partial/PaperGlasses",
    "Partial_Eye": "Partial/PaperCut",
    "Partial_Mouth": "Partial/PaperCut",
}
_V2_NUMBERS = {
    **_V1_NUMBERS,
    "Live": ("1 2 3 4 5 6 7 8 9 11 13 14 16 17 19 20", "10 12 15 18 22 25 28 32 35 38 42 45 48 52 55 58"),
    "Makeup_Co": ("5 6 8 11 12 14 15 18", "7 9 10 13 19 20 24 28"),
    "Makeup_Im": ("1 2 3 4 5 6 7 8", "40 41 42 43 44 45 46 47"),
    "Makeup_Ob": ("5 7 9 10 11 12 13 14", "1 2 3 4 6 8 15 16"),
    "Mask_Half": ("2 5 6 13 15 16 17 19", "1 3 4 7 8 9 10 11"),
    "Mask_Mann": ("1 2 3 4 5 8 10 12", "6 7 9 11 13 14 15 25"),
    "Mask_Paper": ("1 3 5 7 9 11 13 14", "2 4 6 8 10 12"),
    "Mask_Silicone": ("2 3 7 8 9 10 11 12", "1 4 5 6 13 14 15 16"),
    "Mask_Trans": ("1 2 3 5 7 8 9 10", "4 6 18 24 25 26 27 28"),
}
_V2_FOLDERS = {
    "Makeup_Co": "Makeup_Cosmetic",
    "Makeup_Im": "Makeup_Impersonation",
    "Makeup_Ob": "Makeup_Obfuscation",
    "Mask_Mann": "Mannequin",
    "Mask_Silicone": "Silicone",
    "Mask_Half": "Mask_HalfMask",
    "Mask_Paper": "Mask_PaperMask",
    "Mask_Trans": "Mask_TransparentMask",
    "Partial_Funnyeye": "Partial_FunnyeyeGlasses",
    "Partial_Paperglass": "Partial_PaperGlasses",
    "Paper": "Paper",
    "Replay": "Replay",
    "Partial_Eye": "Partial_Eye",
    "Partial_Mouth": "Partial_Mouth",
}
# File extensions of SiW-Mv2, with about their real frequency.
_V2_EXTENSIONS = (".mov", ".avi", ".mov", ".mp4", ".mov")
# Protocol III of SiW-Mv2: spoof stems of each part; stems that are not listed belong to the first part.
_V2_PARTS = {
    "B_spoof": ("Makeup_Co", "Mask_Mann", "Partial_Funnyeye"),
    "C_race": ("Paper", "Partial_Mouth"),
    "D_age": ("Paper", "Partial_Mouth"),
    "E_ill": ("Paper", "Partial_Mouth"),
}


class VideoName(NamedTuple):
    """Stem, number and split of a video."""

    stem: str
    number: int
    split: str

    def __str__(self) -> str:
        return f"{self.stem}_{self.number}"


def parse_name(clip: SyntheticClip) -> VideoName:
    """Reads the stem and the number from the path of a clip."""
    stem, _, number = clip.file.rsplit("/", 1)[1].split(".")[0].rpartition("_")
    return VideoName(stem, int(number), clip.split)


class _SiwM(Layout):
    """What both editions share.

    Attributes:
      numbers: stem -> video numbers for training and for testing, separated by spaces.
    """

    subjects, clips_per_subject = 4, 1
    min_subjects = 2
    numbers: dict[str, tuple[str, str]] = {}

    @abc.abstractmethod
    def path_of(self, name: VideoName) -> str:
        """Path of a video below the root."""

    def clips_of(self, recipe: Recipe, subject: int) -> list[SyntheticClip]:
        """The videos of a subject."""
        train, _ = split_counts(recipe.subjects, _SIZES)
        part = int(subject >= train)
        within = subject - part * train
        clips = []
        for stem, spoof_type in STEMS.items():
            if spoof_type not in (spoof_types.LIVE, *recipe.types):
                continue
            count = recipe.live_clips if stem == "Live" else recipe.clips_per_subject
            numbers = itertools.islice(self._numbers(stem, part), within * count, (within + 1) * count)
            for index, number in enumerate(numbers):
                name = VideoName(stem, number, ("train", "test")[part])
                clips.append(
                    SyntheticClip(
                        name.split,
                        spoof_type,
                        subject,
                        # The two stems of one type must have different seeds.
                        number=index + 100 * (stem == "Partial_Mouth"),
                        file=self.path_of(name),
                        conditions=Conditions(_instruments(stem)),
                    )
                )
        return clips

    def _numbers(self, stem: str, part: int) -> Iterator[int]:
        """The video numbers of a stem for training (part 0) or testing (1); none where the public lists have none."""
        listed = map(int, self.numbers[stem][part].split())
        return itertools.chain(listed, itertools.count(1000 * (part + 1) + 1)) if self.numbers[stem][part] else listed


class SiwMV1(_SiwM):
    """The first edition."""

    annotation_suffix = ".face"
    numbers = _V1_NUMBERS

    def path_of(self, name: VideoName) -> str:
        """Path of a video below the root; live videos are in Train or Test."""
        folder = f"Live/{name.split.capitalize()}" if name.stem == "Live" else _V1_FOLDERS[name.stem]
        return f"{folder}/{name}.mov"

    def lists(self, clips: Sequence[SyntheticClip]) -> dict[str, str]:
        """Spoofs for training and for testing, with CRLF line ends and none after the last line."""
        texts = {}
        for split in ("train", "test"):
            names = sorted(p for p in map(parse_name, clips) if p.split == split and p.stem != "Live")
            texts[f"{split}list.txt"] = "\r\n".join(map(str, names))
        return texts

    def annotation_text(self, clip: SyntheticClip, vertices: Sequence[np.ndarray]) -> Optional[str]:
        """Face boxes."""
        return box_lines(clip, vertices)


class SiwMV2(_SiwM):
    """The second edition."""

    numbers = _V2_NUMBERS

    def path_of(self, name: VideoName) -> str:
        """Path of a video below the root; all live videos are in one folder."""
        folder = "Live" if name.stem == "Live" else f"Spoof/{_V2_FOLDERS[name.stem]}"
        return f"{folder}/{name}{_V2_EXTENSIONS[name.number % len(_V2_EXTENSIONS)]}"

    def lists(self, clips: Sequence[SyntheticClip]) -> dict[str, str]:
        """Lists of protocols I and II, then of the parts of III.

        Training lists repeat rows until all stems have the same number of rows.
        """
        names = sorted(map(parse_name, clips))
        texts = {}
        for split in ("train", "test"):
            live = [p for p in names if p.split == split and p.stem == "Live"]
            spoof = [p for p in names if p.split == split and p.stem != "Live"]
            texts[f"{split}list_live.txt"] = _rows(live)
            texts[f"{split}list_all.txt"] = _rows(_balanced(spoof) if split == "train" else spoof)
            elsewhere = {stem for stems in _V2_PARTS.values() for stem in stems}
            parts = {"A_pretrain": tuple(stem for stem in STEMS if stem not in elsewhere), **_V2_PARTS}
            for index, (part, stems) in enumerate(parts.items()):
                chosen = [p for p in spoof if p.stem in stems]
                shared = live[index :: len(parts)] or live[:1]
                texts[f"{split}_{part}.txt"] = _rows(shared + (_balanced(chosen) if split == "train" else chosen))
        return {f"pro_3_text/{name}": text for name, text in texts.items()}


def _rows(names: Sequence[VideoName]) -> str:
    return "".join(f"{name}\n" for name in names)


def _balanced(names: Sequence[VideoName]) -> list[VideoName]:
    """Repeats the rows of each stem up to the number of rows of the most frequent stem."""
    groups = [list(group) for _, group in itertools.groupby(names, key=lambda name: name.stem)]
    longest = max(map(len, groups), default=0)
    return [name for group in groups for name in itertools.islice(itertools.cycle(group), longest)]


def _instruments(stem: str) -> tuple[str, ...]:
    if stem not in _INSTRUMENT_WORDS:
        return ()
    return tuple(name for name in MEDIA[STEMS[stem]].INSTRUMENTS if _INSTRUMENT_WORDS[stem] in name)
