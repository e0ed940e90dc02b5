"""Makes a folder of synthesized spoofs; can be interrupted and resumed."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from phystd_tf.data.records import load_settings
from phystd_tf.data.selection import Selection
from phystd_tf.files.versions import package_versions
from phystd_tf.inference.calibration import load_with_point, weights_fingerprint
from phystd_tf.networks.network import Network
from phystd_tf.spoof_types import LIVE
from phystd_tf.transfer import folder
from phystd_tf.transfer.carrying import ELEMENTS, Recipe, Synthesized, synthesize
from phystd_tf.transfer.folder import SynthesisError
from phystd_tf.transfer.pairs import draw_pairs

_BATCH = 8
_TRIES = 20  # pairs that are tried per requested image
OK, REFUSED = "ok", "refused"

Progress = Callable[[int], None]


class Source(NamedTuple):
    """A trained PhySTD, and the faces that traces are taken from and put on.

    Attributes:
      run: path of the run folder.
      generator: Network.
      faces: Selection.
      split: split of the faces.
      prepared: settings of the prepared folder.
    """

    run: str
    generator: Network
    faces: Selection
    split: str
    prepared: Mapping[str, Any]

    def rows(self, kind: str) -> list[dict[str, str]]:
        """The manifest rows of a type."""
        return [row for row in self.faces.rows(self.split) if row["type"] == kind]

    def types(self) -> list[str]:
        """The spoof types of the split."""
        return sorted({row["type"] for row in self.faces.rows(self.split, label=0)})


class Counts(NamedTuple):
    """Counts for a type.

    Attributes:
      type: the spoof type.
      made: images that exist now.
      refused: pairs that were refused.
      people: people whose traces are in the images.
    """

    type: str
    made: int
    refused: int
    people: int


def load_source(run: str, faces: Selection, split: str) -> Source:
    """Loads a run and checks its faces.

    Args:
      run: path of the run folder.
      faces: Selection.
      split: "train", "dev" or "test".

    Raises:
      SynthesisError: if the run is not one of a PhySTD with traces.
      PreparedFolderError: if the split lacks live or spoof faces.
      PhystdError: if the run cannot be loaded, or a shard is damaged.
    """
    faces.require_both(split)
    faces.check_shards(split)
    generator, _ = load_with_point(run)
    if generator.hparams.system != "phystd" or not generator.has_traces:
        name = generator.hparams.ablation if generator.hparams.system == "phystd" else generator.hparams.system
        raise SynthesisError(f"{run} ({name}) has no traces of Eq. (5) to put on other faces; give the run of a PhySTD")
    return Source(run, generator, faces, split, load_settings(faces.prepared))


def settings_of(source: Source, recipe: Recipe) -> dict[str, Any]:
    """The stored settings: how a folder is made."""
    return {
        "run": source.run,
        "weights_of_run": weights_fingerprint(source.generator),
        "data": source.faces.prepared,
        "data_fingerprint": source.faces.split_fingerprint(),
        "protocol": source.faces.choice._asdict(),
        "split": source.split,
        "embedded": bool(source.prepared.get("embedded")),
        "image_size": source.generator.hparams.image_size,
        **recipe._asdict(),
        "weights": dict(recipe.weights),
        "versions": package_versions(),
    }


def make_spoofs(
    source: Source, recipe: Recipe, types: Sequence[str], count: int, out: str, progress: Progress = lambda images: None
) -> list[Counts]:
    """Makes the images that are missing; existing images are kept.

    Args:
      source: Source.
      recipe: Recipe.
      types: spoof types of the split.
      count: images of each type.
      out: a folder that ``folder.open_folder`` opened.
      progress: called with the number of existing images, then with numbers of new ones.

    Returns:
      Counts of each type; fewer than ``count`` are made if too many pairs are refused.

    Raises:
      SynthesisError: if a type has no face, or its people are the only ones with live faces.
    """
    targets, table = source.rows(LIVE), _Provenance(out)
    for kind in types:
        sources = source.rows(kind)
        if not sources:
            have = ", ".join(source.types())
            raise SynthesisError(f"no face of the type {kind} in {source.split}; there are {have}")
        if next(draw_pairs(sources, targets, ""), None) is None:
            raise SynthesisError(f"{kind}: there is no live face of another person in {source.split}")
    for kind in types:
        progress(min(count, table.made(kind)))
        pairs = itertools.islice(draw_pairs(source.rows(kind), targets, f"{recipe.seed}/{kind}"), _TRIES * count)
        fresh = (pair for pair in pairs if not table.has(kind, pair.number))
        while batch := list(itertools.islice(fresh, min(_BATCH, max(0, count - table.made(kind))))):
            results = synthesize(source.generator, source.faces, batch, recipe, source.prepared["depth_size"])
            table.add(_row(result, _write(result, source, out)) for result in results)
            progress(sum(result.image is not None for result in results))
    return [table.counts(kind) for kind in types]


class _Provenance:
    """The rows of PROVENANCE_FILE; those whose image no longer exists do not count."""

    def __init__(self, out: str) -> None:
        self._out = out
        rows = folder.read_rows(out, folder.PROVENANCE_FILE, folder.PROVENANCE_COLUMNS)
        kept = [row for row in rows if not row["image"] or folder.is_written(out, row["image"])]
        self._rows = {(row["type"], int(row["number"])): row for row in kept}

    def has(self, kind: str, number: int) -> bool:
        """Whether a pair was tried."""
        return (kind, number) in self._rows

    def made(self, kind: str) -> int:
        """The number of images of a type."""
        return self.counts(kind).made

    def counts(self, kind: str) -> Counts:
        """Counts of a type."""
        own = [row for row in self._rows.values() if row["type"] == kind]
        made = [row for row in own if row["status"] == OK]
        return Counts(kind, len(made), len(own) - len(made), len({row["source_subject"] for row in made}))

    def add(self, rows: Iterable[dict[str, str]]) -> None:
        """Adds rows, also to the file."""
        self._rows.update({(row["type"], int(row["number"])): row for row in rows})
        ordered = [self._rows[key] for key in sorted(self._rows)]
        folder.write_rows(self._out, folder.PROVENANCE_FILE, folder.PROVENANCE_COLUMNS, ordered)


def _write(result: Synthesized, source: Source, out: str) -> str:
    """Writes the image of a pair, if there is one, and returns its path below the folder."""
    if result.image is None or result.geometry is None:
        return ""
    pair = result.pair
    path = folder.image_path(
        source.split, pair.source["type"], pair.target["subject"], f"synthesized-{pair.number:06d}"
    )
    folder.write_crop(out, path, result.image, result.geometry, source.prepared["morphable_model_sha256"])
    return path


def _row(result: Synthesized, path: str) -> dict[str, str]:
    pair = result.pair
    return {
        "image": path,
        "type": pair.source["type"],
        "number": str(pair.number),
        "status": OK if path else REFUSED,
        **{f"source_{name}": pair.source[name] for name in ("clip", "frame", "subject")},
        **{f"target_{name}": pair.target[name] for name in ("clip", "frame", "subject")},
        **{f"weight_{name}": f"{weight:.6g}" for name, weight in zip(ELEMENTS, result.weights)},
        "folded": f"{result.folded:.5f}",
        "offset": f"{result.offset:.5f}",
    }
