"""docs/serving.md with a server that has the requests and answers of TensorFlow Serving, in its own process."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

import cv2
import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.inference.serving import ServingModule
from tests.documents import ROOT, snippets
from tests.inference.test_serving import POINT, Red


@pytest.fixture(scope="module")
def network():
    return Red()


@pytest.fixture(scope="module")
def address(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    module = ServingModule(network, POINT)
    tf.saved_model.save(module, str(folder / "phystd" / "1"), signatures=module.endpoints)
    # Outside the repository and without its path: the export needs nothing of this package.
    server = str(ROOT / "tests" / "inference" / "rest_server.py")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, server, str(folder)]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1/models/phystd"
        process.terminate()


@pytest.fixture(scope="module")
def crops():
    return np.random.default_rng(3).integers(0, 256, (3, 32, 32, 3), np.uint8)


def _post(address, **request):
    body = json.dumps(request).encode()
    with urllib.request.urlopen(f"{address}:predict", body) as answer:
        return json.load(answer)


def _wanted(network, crops):
    return network.score_terms(network(tf.constant(crops, tf.float32) / 255))["depth"].numpy()


def test_the_client_of_the_document_gets_scores_and_verdicts(network, address, crops):
    (client,) = [one for one in snippets(ROOT / "docs" / "serving.md") if "def judge" in one.text]
    names = {}
    exec(client.text, names)
    encoded = [cv2.imencode(".png", crop[:, :, ::-1])[1].tobytes() for crop in crops]
    predictions = names["judge"](encoded, f"{address}:predict")
    np.testing.assert_allclose([one["score"] for one in predictions], _wanted(network, crops), rtol=1e-5)
    assert [one["is_live"] for one in predictions] == [one["score"] >= POINT.threshold for one in predictions]
    with pytest.raises(urllib.error.HTTPError) as refused:
        names["judge"]([cv2.imencode(".png", crops[0, :16])[1].tobytes()], f"{address}:predict")
    assert refused.value.code == 400 and "[16,32,3]" in json.load(refused.value)["error"]


def test_rows_and_columns_of_numbers(network, address, crops):
    with urllib.request.urlopen(address) as answer:
        assert json.load(answer)["model_version_status"][0]["state"] == "AVAILABLE"
    wanted = _wanted(network, crops)
    rows = _post(address, signature_name="score_uint8", instances=crops.tolist())["predictions"]
    np.testing.assert_allclose([row["score"] for row in rows], wanted, rtol=1e-5)
    columns = _post(address, inputs={"crops": (crops / 255).tolist()})["outputs"]
    np.testing.assert_allclose(columns["score"], wanted, rtol=1e-5)
    everything = _post(address, signature_name="disentangle", instances=(crops / 255).tolist())["predictions"]
    assert np.shape(everything[2]["reconstruction"]) == (32, 32, 3)
