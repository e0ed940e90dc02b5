"""Each benchmark once, on tiny networks: what it measures, not how fast that is."""

import json
import multiprocessing

import numpy as np
import pytest

from phystd_tf.baselines.registry import new_network
from phystd_tf.benchmarks import preparing, using
from phystd_tf.benchmarks.bench import Bench
from phystd_tf.benchmarks.noise import noise_batch
from phystd_tf.benchmarks.reading import memory_by_clips, peak_memory, reading
from phystd_tf.benchmarks.rendered import face_frames
from phystd_tf.benchmarks.sizes import sizes
from phystd_tf.benchmarks.training import step, training
from phystd_tf.benchmarks.using import inference, photograph
from phystd_tf.benchmarks.warping import warping
from phystd_tf.networks.parameters import count_flops, count_parameters
from tests import program
from tests.training.tiny import tiny_hparams


def _names(bench):
    assert all(np.isfinite(measure.value) and measure.value > 0 for measure in bench.measures)
    return [measure.name for measure in bench.measures]


def test_the_iteration_is_compared_with_its_convolutions_and_a_plain_pass():
    bench = Bench(2)
    step(bench, "tiny", [tiny_hparams()])
    values = {measure.name.partition(": ")[2]: measure.value for measure in bench.measures}
    outside = 100 * (1 - values["rate of the iteration"] / values["its convolutions alone"])
    assert outside == pytest.approx(values["outside of convolutions"])
    assert values["faces"] == pytest.approx(1000 / values["milliseconds per face"])
    assert bench.measures[1].reference == bench.measures[0].name and bench.measures[1].ratio > 1


def test_systems_are_compared_with_the_first():
    bench = Bench(1)
    found = training(bench, [(name, tiny_hparams(name)) for name in ("step1", "auxiliary")])
    assert list(found) == _names(bench) == ["step1", "auxiliary"] and bench.measures[1].reference == "step1"


def test_sizes_are_those_of_the_networks():
    bench, hparams = Bench(1), tiny_hparams()
    sizes(bench, "tiny", [("step1", tiny_hparams("step1")), ("auxiliary", tiny_hparams("auxiliary"))])
    assert {measure.case for measure in bench.measures} == {f"sizes, tiny, {hparams.image_size} px"}
    values = {measure.name: measure.value for measure in bench.measures}
    network = new_network(tiny_hparams("step1"))
    assert values["step1: parameters"] == sum(count_parameters(network).values()) / 1e6
    assert values["step1: multiply-adds for a face"] == count_flops(network) / 2e9
    assert all(
        values[f"auxiliary: {name}"] < values[f"step1: {name}"] for name in ("parameters", "multiply-adds for a face")
    )


def test_all_formats_are_measured_for_each_number_of_faces(monkeypatch):
    monkeypatch.setattr(using, "FORMATS", {"tflite": using.FORMATS["tflite"]})  # one is enough
    bench = Bench(1)
    inference(bench, "tiny", [tiny_hparams()], [1, 2])
    names = _names(bench)
    assert names == 2 * ["score, float32", "everything, float32", "score, SavedModel", "score, tflite"]
    cases = [measure.case for measure in bench.measures[::4]]
    assert cases == ["inference, tiny, 1 at once, each", "inference, tiny, 2 at once, each"]


def test_a_photograph_is_judged_from_its_file():
    bench = Bench(1)
    photograph(bench, "tiny", tiny_hparams(), face_frames(1)[0])
    assert _names(bench)[1:] == ["JPEG to verdict", "PNG to verdict"]
    assert all(measure.ratio > 1 for measure in bench.measures[1:])


def test_preparation_has_all_its_stages(monkeypatch):
    monkeypatch.setattr(preparing, "_FRAMES", 2)
    bench = Bench(1)
    preparing.preparation(bench)
    names = _names(bench)
    assert names[:2] == ["decode, and MediaPipe's mesh", "everything"] and bench.measures[1].ratio > 1
    assert names[2:] == [
        "decode", "mesh", "detect, and mesh", "detect, mesh, fit and crop", "M0, P0 and triangle maps", "encode",
        "detect (difference)", "fit and crop (difference)",
    ]  # fmt: skip


def test_the_warp_is_that_of_scipy_and_addons():
    bench = Bench(1)
    warping(bench, tiny_hparams())
    assert len(_names(bench)) == 9


def test_batches_are_compared_with_the_iteration_that_takes_them():
    bench = Bench(1)
    reading(bench, "tiny", tiny_hparams())
    iteration, batch, batches = bench.measures
    assert batches.value == pytest.approx(iteration.value / batch.value)


def test_memory_of_preparation_and_reading_is_that_of_their_processes():
    bench = Bench(1)
    memory_by_clips(bench, [4])
    assert _names(bench) == ["preparation, 4 clips", "reading, 4 clips"]
    assert all(50 < measure.value < 5000 for measure in bench.measures)


def test_the_peak_is_not_inherited_from_the_process_that_starts_another():
    ballast = np.ones(2**27)  # 1 GiB
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(peak_memory) < ballast.nbytes < peak_memory()


def test_noise_has_as_many_live_as_spoof_faces():
    live, spoof = noise_batch(tiny_hparams())
    assert len(live.image) == len(spoof.image) == tiny_hparams().batch_size // 2
    assert float(live.depth.numpy().min()) == 1 and float(spoof.depth.numpy().max()) == 0


def test_the_program_writes_all_measures(tmp_path):
    out = tmp_path / "speeds.json"
    done = program.run("tools.benchmark", ("--parts=warp", "--rounds=1", f"--out={out}"))
    assert done.code == 0, done.stderr
    written = json.loads(out.read_text())
    assert written["preset"] == "small" and written["seconds"] == {} and len(written["measures"]) == 9
    assert "ours, triangle map made before" in done.stdout


@pytest.mark.parametrize("flag", ["--at_once=none", "--clips=0", "--batch_sizes="])
def test_wrong_numbers_are_refused(flag):
    done = program.run("tools.benchmark", ("--parts=warp", flag))
    assert done.code == 2 and flag.partition("=")[0] in done.stderr
