"""The smallest prepared copy of each dataset in which every protocol has live faces and spoofs on each side."""

import itertools

from phystd_tf.face.crop import crop_recipe
from phystd_tf.face.morphable_model import default_model
from phystd_tf.protocols.clip_facts import ClipFacts
from phystd_tf.spoof_types import label_of
from tests.media_classifier.fakes import write_clips
from tests.protocols.protocol_clips import CLIPS, STEMS

DATASETS = ("oulu", "siw", "siwm", "siwmv2")
LIVE, SPOOFS = 4, 2  # clips of live and of each spoof type in SiW-M; half of them are for training
_OULU_PEOPLE = {"01", "21", "36"}  # one in each split
_SIW_PEOPLE = {"001", "002", "091", "092"}  # two in each
# The two lists for training and the two for testing that the authors of SiW-Mv2 publish.
_LISTS = {"train": ("trainlist_all.txt", "trainlist_live.txt"), "test": ("testlist_all.txt", "testlist_live.txt")}


def _oulu():
    """All videos of three people, but for the second session, which is used as the first one is."""
    return [clip for clip in CLIPS["oulu"] if clip.subject in _OULU_PEOPLE and clip.session != "2"]


def _siw():
    """The first video of each medium with the first sensor."""
    found: dict[tuple[str, str], ClipFacts] = {}
    for clip in CLIPS["siw"]:
        if clip.subject in _SIW_PEOPLE:
            found.setdefault((clip.subject, clip.instrument), clip)
    return list(found.values())


def _siwm():
    names = {kind: f"{stem}_" for kind, stem in STEMS.items()}
    return [
        ClipFacts(f"{names[kind]}{number}", f"{names[kind]}{number}", kind, label_of(kind), "")
        for kind in STEMS
        for number in range(1, 1 + (LIVE if kind == "live" else SPOOFS))
    ]


def write_dataset(root, dataset):
    """Writes root/dataset, a prepared folder with one face of each clip, and for SiW-Mv2 root/lists.

    Returns:
      The path of the prepared folder, and the options that its protocols need.
    """
    clips = {"oulu": _oulu, "siw": _siw, "siwm": _siwm, "siwmv2": _siwm}[dataset]()
    recipe = {"crop": crop_recipe(), "morphable_model_sha256": default_model().fingerprint()}
    pairs = default_model().vertex_pairs.tolist()
    prepared = write_clips(root / dataset, dataset, clips, 1, vertex_pairs=pairs, embedded=True, **recipe)
    return prepared, (_write_lists(root / "lists", clips) if dataset == "siwmv2" else [])


def _write_lists(folder, clips):
    """Lists the first half of the live clips and of those of each spoof type for training, the others for testing."""
    folder.mkdir()
    lists: dict[str, list[str]] = {name: [] for names in _LISTS.values() for name in names}
    for (_, label), same in itertools.groupby(clips, lambda clip: (clip.type, clip.label)):
        stems = [clip.stem for clip in same]
        half = len(stems) // 2
        lists[_LISTS["train"][label]] += stems[:half]
        lists[_LISTS["test"][label]] += stems[half:]
    for name, stems in lists.items():
        (folder / name).write_text("\n".join(stems), encoding="utf-8")
    return [f"--lists={folder}"]
