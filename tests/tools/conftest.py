"""A stand-in for the programs that tools.reproduce starts, and prepared folders of whole datasets without faces."""

import json
import os

import pandas as pd
import pytest

from phystd_tf.data import records
from phystd_tf.evaluation.confusion_file import summarize
from phystd_tf.evaluation.medium_classes import MEDIUM_CLASSES
from phystd_tf.experiments.systems import split_name
from phystd_tf.tables.needed_protocols import protocols_of
from tests.protocols.protocol_clips import CLIPS
from tests.tables.tiny_results import tiny_results
from tests.tools import in_process
from tools import reproduce

DATASETS = {1: "oulu", 2: "siw", 3: "siwm", 4: "siwm", 5: "siwm", 6: "oulu", 7: "siwm"}


def prepared(folder, layout, **settings):
    """A prepared folder of a whole dataset that has only the manifest: nothing here reads faces."""
    os.makedirs(folder)
    base = {"format": records.FORMAT_VERSION, "dataset": layout, "image_size": 128, "map_sizes": [128]}
    base.update(depth_size=32, vertex_pairs=[], embedded=True)
    records.save_settings(str(folder), {**base, **settings})
    rows = [{**clip._asdict(), "frame": "0", "status": "ok", "shard": "x", "offset": "0"} for clip in CLIPS[layout]]
    records.write_manifest(os.path.join(folder, records.MANIFEST_FILE), rows)
    return folder


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """Prepared folders by the names of their datasets."""
    root = tmp_path_factory.mktemp("prepared")
    return {name: prepared(root / name, name) for name in ("oulu", "siw", "siwm")}


class Starter:
    """A stand-in for the programs: records their options and makes their outputs."""

    def __init__(self):
        self.made, self.codes = [], {}

    def __call__(self, step, output, environment):
        given = {}
        for name, value in (argument.lstrip("-").split("=", 1) for argument in step.arguments):
            given[name] = f"{given[name]},{value}" if name in given else value
        self.made.append((step.program, given))
        for path in step.outputs:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(self._content(step, given), file)
        return self.codes.get(step.key, 0)

    def _content(self, step, given):
        if step.program == "benchmark":
            seconds = {"phystd": 0.5, "auxiliary": 0.1, "step1": 0.25}
            names = next(text for text in step.arguments if text.startswith("--systems=")).partition("=")[2].split(",")
            return {"preset": "small", "seconds": {name: seconds[name] for name in names}}
        if step.program == "evaluate":
            protocol = step.group.split("/")[0]
            number = next(number for number in DATASETS if number < 6 and protocol in protocols_of(number))
            return tiny_results(number, protocols=[protocol])[0].metrics
        if step.program == "classify_media":
            classes = MEDIUM_CLASSES[given["classes"]]
            labels = pd.Series(classes.classes)
            clips = pd.DataFrame({"subject": "p1", "label": labels, "prediction": labels})
            details = {"input": given["media_input"], "run": given["run"], "seed": int(given["seed"])}
            details["system"], details["ablation"] = split_name(step.key.split("/")[1].split("-")[0])
            details.update(iterations=int(given["iterations"]), protocol={"name": f"{given['classes']}_1"})
            return summarize(clips, classes, details)
        return {}

    def of(self, program):
        return [given for name, given in self.made if name == program]


@pytest.fixture()
def start(monkeypatch):
    starter = Starter()
    monkeypatch.setattr(reproduce, "program_starter", lambda tools: starter)
    return starter


@pytest.fixture()
def call(datasets, tmp_path):
    """Calls the program for a dataset with options; the output folder is always the same."""

    def run(dataset, *options):
        in_process.call(
            "reproduce", f"--data={datasets[dataset]}", f"--out={tmp_path / 'out'}", "--preset=small", *options
        )
        return tmp_path / "out"

    return run
