"""The components of chosen faces, and their traces on other faces, computed by the code of the training step."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

import numpy as np
import pandas as pd
import tensorflow as tf

from phystd_tf.data.pipeline import chosen_faces
from phystd_tf.errors import PhystdError
from phystd_tf.liveness import TERMS
from phystd_tf.networks.outputs import all_outputs
from phystd_tf.physics.synthesis import warp_traces
from phystd_tf.physics.warp_quality import warp_quality
from phystd_tf.report.stored import TRACE_STEP, store
from phystd_tf.runs.operating_point import OperatingPoint, alpha0_of
from phystd_tf.traces import Faces, Traces
from phystd_tf.transfer.making import Source
from phystd_tf.transfer.pairs import MAX_FOLDED, MAX_OFFSET, Row, person_of

_TARGETS = 4  # live faces that traces are put on; all samples share them
_BATCH = 8
_SAME_SCORE = 1e-3  # scores on other processors and with other batch sizes differ by less
TARGET_RULE = (
    f"Traces of spoofs are put on one of {_TARGETS} live faces, the first ones of people evenly spaced by name: of "
    "those of other people, the one whose vertices the warp moves least, unless tools.synthesize would refuse it too."
)


class _Batch(NamedTuple):
    """Some faces and the outputs of the model for them."""

    faces: Faces
    traces: Traces
    outputs: dict[str, np.ndarray]


def explain(source: Source, chosen: pd.DataFrame) -> dict[str, Any]:
    """The data of each chosen face that the page shows.

    Args:
      source: Source of the run and of the faces of a split.
      chosen: rows of the score file of that split, by ``choose_faces``.

    Returns:
      ``size`` N; ``targets``, live faces with clip and image; ``samples``, in the order of ``chosen``, with clip,
      frame, type, live, score, margin, wrong, terms, ``components`` and ``transfer`` (None if the traces are put on no
      face). Images and components are from ``Stored.for_page``. Components are image, B, C, T, P and cover = P I_P. A
      transfer has ``target`` (index into ``targets``), B, C, T, P, and cover = P I of the source, warped.

    Raises:
      PhystdError: if a face is not in the split, or the scores are not those of the run.
    """
    rows = _rows_of(source, chosen)
    targets = target_rows(source.rows("live"))
    live = chosen_faces(source.faces, source.generator.hparams, targets)
    alpha0 = alpha0_of(OperatingPoint.of_run(source.run))
    samples: list[dict[str, Any]] = []
    for start in range(0, len(rows), _BATCH):
        part = chosen.iloc[start : start + _BATCH]
        batch = _batch(source, rows[start : start + _BATCH], alpha0)
        _require_scores(part, batch.outputs["score"], source.run)
        transfers = _transfers(source, batch, rows[start : start + _BATCH], live, targets)
        for place, (_, row) in enumerate(part.iterrows()):
            outputs = {name: values[place] for name, values in batch.outputs.items()}
            samples.append({
                "clip": str(row["clip"]), "frame": int(row["frame"]), "type": str(row["type"]),
                "live": bool(row["label"]), "score": float(row["score"]), "margin": float(row["margin"]),
                "wrong": bool(row["wrong"]), "terms": {name: float(outputs[f"term_{name}"]) for name in TERMS},
                "components": {
                    "image": store(batch.faces.image[place].numpy()).for_page(),
                    **_components(outputs, outputs["I_P"]),
                },
                "transfer": transfers[place],
            })  # fmt: skip
    shown = [{"clip": row["clip"], "image": store(image).for_page()} for row, image in zip(targets, live.image.numpy())]
    return {"size": source.generator.hparams.image_size, "targets": shown, "samples": samples}


def target_rows(rows: Sequence[Row], count: int = _TARGETS) -> list[Row]:
    """Chooses live faces to put traces on: the first ones of people who are evenly spaced by name.

    Args:
      rows: manifest rows of live faces.
      count: maximum number of faces.
    """
    ordered = sorted(rows, key=lambda row: (person_of(row), row["clip"], int(row["frame"])))
    first = list({person_of(row): row for row in reversed(ordered)}.values())[::-1]
    return [first[place] for place in sorted({round(x) for x in np.linspace(0, len(first) - 1, count)})]


def _rows_of(source: Source, chosen: pd.DataFrame) -> list[Row]:
    manifest = {(row["clip"], str(int(row["frame"]))): row for row in source.faces.rows(source.split)}
    keys = [(str(clip), str(frame)) for clip, frame in zip(chosen["clip"], chosen["frame"])]  # frames may be names
    missing = [key for key in keys if key not in manifest]
    if missing:
        clip, frame = missing[0]
        raise PhystdError(
            f"{source.faces.prepared} has no frame {frame} of {clip} in {source.split}, which the scores are of; give "
            "the prepared folder and the split that were scored"
        )
    return [manifest[key] for key in keys]


def _batch(source: Source, rows: Sequence[Row], alpha0: float) -> _Batch:
    network = source.generator
    faces = chosen_faces(source.faces, network.hparams, rows)
    output = network(faces.image, training=False)
    outputs = all_outputs(faces.image, output, network, alpha0)
    return _Batch(faces, output.traces, {name: value.numpy() for name, value in outputs.items()})


def _require_scores(part: pd.DataFrame, scores: np.ndarray, run: str) -> None:
    """Checks that the file has the scores of the model: a picture must not explain another score."""
    far = np.abs(part["score"].to_numpy() - scores) > _SAME_SCORE
    if far.any():
        row, found = part[far].iloc[0], scores[far][0]
        raise PhystdError(
            f"{run} gives {row['clip']} the score {found:.5f}, the score file says {row['score']:.5f}; score again "
            "with this run"
        )


def _components(values: Mapping[str, np.ndarray], content: np.ndarray) -> dict[str, Any]:
    """B, C, T, P and the cover P * content of one face."""
    traces = {name: store(values[name], TRACE_STEP).for_page() for name in "BCT"}
    return {**traces, "P": store(values["P"]).for_page(), "cover": store(values["P"] * content).for_page()}


def _transfers(
    source: Source, batch: _Batch, rows: Sequence[Row], live: Faces, targets: Sequence[Row]
) -> list[Optional[dict[str, Any]]]:
    """The traces of each spoof of a batch, warped to the target that fits best, Eq. (15)."""
    best = [_best_target(batch.faces, place, row, live, targets) for place, row in enumerate(rows)]
    places = [place for place, target in enumerate(best) if target is not None]
    found: list[Optional[dict[str, Any]]] = [None] * len(rows)
    if places:
        traces, sources = (_gathered(part, places) for part in (batch.traces, batch.faces))
        h = source.generator.hparams
        warped = warp_traces(traces, sources, _gathered(live, [best[place] for place in places]), h.n1, h.n2)
        for number, place in enumerate(places):
            values = {name: value[number].numpy() for name, value in warped._asdict().items()}
            found[place] = {"target": best[place], **_components(values, values["image"])}
    return found


def _best_target(faces: Faces, place: int, row: Row, live: Faces, targets: Sequence[Row]) -> Optional[int]:
    others = [number for number, target in enumerate(targets) if person_of(target) != person_of(row)]
    if row["label"] == "1" or not others:
        return None
    taking = _gathered(live, others)
    giving = tf.repeat(faces.vertices[place : place + 1], len(others), axis=0)
    quality = warp_quality(giving, taking.vertices, taking.triangles, taking.triangle_map)
    good = quality.within(MAX_FOLDED, MAX_OFFSET)
    return others[int(np.argmin(np.where(good, quality.offset, np.inf)))] if good.any() else None


def _gathered(part: Any, places: Sequence[Any]) -> Any:
    return tf.nest.map_structure(lambda value: tf.gather(value, places), part)
