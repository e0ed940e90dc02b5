"""The model card of an export: what the model is, what it was trained on, how to use it, and what it is not."""

from collections.abc import Mapping
from typing import Any

from phystd_tf.files.names import printable

CARD_FILE = "model_card.md"
_FACES_OF = {
    True: "**Its faces are rendered or its spoofs simulated.** Its verdicts on real photographs mean nothing.",
    False: "Faces of photographs or videos.",
    None: "The prepared folder does not say whether its faces are simulated.",
}


def model_card(metadata: Mapping[str, Any], trainings: list[dict[str, Any]], sizes: Mapping[str, int]) -> str:
    """The card as Markdown.

    Args:
      metadata: metadata of the export, see ``phystd_tf.inference.export``.
      trainings: the commands of the run, see ``phystd_tf.runs.folder.load_commands``.
      sizes: sizes of the other formats in bytes, by file.
    """
    hparams, point = metadata["hparams"], metadata["operating_point"]
    size, prepared = hparams["image_size"], metadata["prepared"]
    first = trainings[0] if trainings else {}
    protocol = (first.get("protocol") or {}).get("name", "unknown")
    faces = [
        f"{split}: {counts['live']} live and {counts['spoof']} spoof faces"
        for split, counts in (first.get("faces") or {}).items()
    ]
    formats = [
        f"| `{name}` | {sizes[name] / 1e6:.2f} MB | {difference:.1g} |"
        for name, difference in metadata["score_differences"].items()
    ]
    paragraphs = [
        f"# Model card: face anti-spoofing, {hparams['system']}",
        f"System {hparams['system']}, preset {hparams['preset']}, ablation {hparams['ablation']}; phystd_tf "
        f"{metadata['phystd_tf']}, TensorFlow {metadata['tensorflow']}.",
        "## Trained on",
        f"Dataset layout `{prepared.get('dataset', 'unknown')}`, protocol `{printable(str(protocol))}`"
        f"{'; ' if faces else ''}{', '.join(faces)}. {_FACES_OF[prepared.get('embedded')]}",
        "## Input",
        f"Crops of {size} x {size} pixels, RGB, one face each, made as in training (`crop` and `prepared` in "
        "`phystd.json`; `phystd_tf.load` and `tools.predict` make them). Another crop, or BGR, gives other scores.",
        "| signature | takes | gives |\n|---|---|---|\n"
        f"| `score`, `serving_default` | `crops` [n, {size}, {size}, 3] float32 in [0, 1] | score, is_live, terms |\n"
        f"| `score_uint8` | `crops` [n, {size}, {size}, 3] uint8 | the same |\n"
        f"| `score_encoded` | `encoded` [n], crops of {size} x {size} pixels as JPEG or PNG | the same |\n"
        f"| `disentangle` | `crops` [n, {size}, {size}, 3] float32 in [0, 1] | everything, with traces |",
        "## Verdict",
        f"The score is a liveness score: higher is more live. Live when score >= {point['threshold']!r}, "
        f"chosen as {printable(point['source'])}; alpha0 = {point['alpha0']!r} in Eq. (10); weights `"
        f"{point['checkpoint']}`.",
    ]
    if formats:
        paragraphs += [
            "## Other formats",
            "Each takes `crops` float32 and gives `score` and `is_live`. The difference is the largest of a score from "
            "that of the network, on faces of noise.",
            "| file | size | difference |\n|---|--:|--:|\n" + "\n".join(formats),
        ]
    paragraphs += [
        "## Limits",
        "It sees one RGB picture of one face. It can be confidently wrong about attacks, cameras and people that are "
        "new to it: measure it on data of your own before it decides anything. It is no tool for identifying people.",
    ]
    return "\n\n".join(paragraphs) + "\n"
