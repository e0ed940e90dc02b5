"""The numbers of the paper, and refused values."""

import dataclasses
import pathlib
import re

import pytest

from phystd_tf import hparams
from phystd_tf.hparams import (
    ABLATIONS,
    PAPER,
    PRESETS,
    PRINTED,
    SMALL,
    SYSTEMS,
    HParams,
    HParamsError,
    choices_of,
    get_hparams,
)


@pytest.mark.parametrize("preset", ["paper", "printed"])
def test_the_paper_preset_has_the_numbers_of_the_paper(preset):
    h = get_hparams(preset)
    assert (h.image_size, h.n1, h.n2, h.depth_size, h.num_vertices) == (256, 32, 128, 32, 140)
    assert (h.gain_mid, h.gain_high) == (15, 25)
    assert h.discriminator_sizes == (32, 96, 256, 256)
    assert (h.alpha1, h.alpha2, h.alpha3, h.alpha4, h.alpha5, h.alpha6) == (100, 5, 1, 1e-4, 10, 1)
    assert (h.beta, h.lambda_, h.init_stddev, h.discriminator_init_stddev) == (0.1, 1, 0.02, 0.02)
    assert (h.batch_size, h.max_iterations, h.learning_rate) == (8, 150_000, 5e-5)
    assert (h.decay_every, h.decay_ratio, h.discriminator_lr_ratio) == (45_000, 10, 0.5)
    assert h.discriminator_decay_every is None and h.upsampling == "transpose" and h.discriminator_norm == "batch"
    assert h.image_decomposition and h.trace_decoder and h.training_step2 and h.training_step3


def test_paper_differs_from_the_print_in_how_the_traces_start_and_where_p_may_open():
    different = {
        name: getattr(PAPER, name)
        for name in PAPER.__dataclass_fields__
        if getattr(PAPER, name) != getattr(PRINTED, name)
    }
    assert different == {
        "preset": "paper", "trace_head_stddev": 0.002, "inpainting_bias": -4.0, "regularization_live_weight": 1e5,
        "region_within": "allowed",
    }  # fmt: skip
    assert HParams() == PRINTED


def test_hyper_parameters_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        PAPER.alpha1 = 1.0


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("ablation", ABLATIONS)
def test_every_preset_has_every_ablation_and_survives_json(preset, ablation, tmp_path):
    hparams = get_hparams(preset, ablation)
    path = str(tmp_path / "hparams.json")
    hparams.save(path)
    assert HParams.load(path) == hparams
    assert [file.name for file in tmp_path.iterdir()] == ["hparams.json"]


def test_ablations_switch_off_what_table_3_leaves_out():
    on = {
        name: tuple(
            getattr(get_hparams("paper", name), field)
            for field in ("image_decomposition", "trace_decoder", "training_step2", "training_step3", "single_trace")
        )
        for name in ABLATIONS
    }
    assert on == {
        "auxiliary": (False, False, False, False, False),
        "step1": (True, True, False, False, False),
        "step1_step2_single_trace": (True, True, True, False, True),
        "step1_step2": (True, True, True, False, False),
        "full": (True, True, True, True, False),
    }


def test_small_keeps_the_proportions_of_the_paper():
    for name in ("n1", "n2", "depth_size"):
        assert getattr(SMALL, name) * PAPER.image_size == getattr(PAPER, name) * SMALL.image_size
    assert (PAPER.checkpoint_every, PRINTED.checkpoint_every, SMALL.checkpoint_every) == (1000, 1000, 100)
    for name in ("alpha1", "alpha3", "alpha4", "alpha5", "alpha6", "lambda_", "regularization_reduction"):
        assert getattr(SMALL, name) == getattr(PAPER, name)
    assert (PAPER.beta, PRINTED.beta, SMALL.beta) == (0.1, 0.1, 0.05)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"learning_rates": 1.0}, "unknown hyper-parameter.*learning_rates"),
        ({"learning_rate": "fast"}, "learning_rate must be a finite number, not 'fast'"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number"),
        ({"batch_size": 8.0}, "batch_size must be a whole number"),
        ({"batch_size": True}, "batch_size must be a whole number"),
        ({"flip": 1}, "flip must be true or false"),
        ({"preset": 3}, "preset must be a string"),
        ({"encoder_channels": [64, "96", 128]}, "encoder_channels must be a list of whole numbers"),
        ({"encoder_channels": [64, 96]}, "encoder_channels.*three entries"),
        ({"encoder_channels": [64, 0, 96]}, "encoder_channels must be positive"),
        ({"alpha2": -1.0}, "alpha2 must not be negative"),
        ({"batch_size": 7}, "batch_size must be even"),
        ({"batch_size": 0}, "batch_size must be positive"),
        ({"image_size": 100}, "image_size must be a multiple of 8"),
        ({"n1": 128}, "n1 < n2 < image_size"),
        ({"n1": 48}, "n1=48 does not divide"),
        ({"discriminator_sizes": [32, 96, 512, 256]}, "exceed image_size"),
        ({"discriminator_sizes": [32, 96, 256]}, "four sizes"),
        ({"upsampling": "nearest"}, "upsampling must be one of transpose, bilinear"),
        ({"harder_min_weight": 0.9, "harder_max_weight": 0.1}, "harder_min_weight <= harder_max_weight"),
        ({"harder_drop_inpainting": 1.5}, "probability"),
        ({"adam_beta1": 1.0}, "adam_beta1 must be below 1"),
        ({"training_step2": False}, "training_step3 needs training_step2"),
        ({"trace_decoder": False}, "training_step2 needs trace_decoder"),
        ({"system": "hmp"}, "system must be one of phystd, stdn"),
        ({"system": "cdcn", "ablation": "step1"}, "ablation step1 is one of phystd, not of cdcn"),
    ],
)
def test_what_cannot_work_is_refused_by_name(changes, message):
    with pytest.raises(HParamsError, match=message):
        HParams.from_dict(changes)


def test_every_field_is_read_somewhere():
    """Else a user could set it, and nothing would happen."""
    root = pathlib.Path(hparams.__file__).parent.parent
    paths = [*(root / "phystd_tf").rglob("*.py"), *(root / "tools").glob("*.py")]
    sources = [path.read_text(encoding="utf-8") for path in paths if path.name != "hparams.py"]
    names = [field.name for field in dataclasses.fields(HParams)]
    assert [name for name in names if not any(re.search(rf"\.{name}\b", source) for source in sources)] == []


def test_a_file_of_an_earlier_edition_is_read(tmp_path):
    path = tmp_path / "hparams.json"
    path.write_text('{"alpha0": null, "alpha1": 7.0}')
    assert HParams.load(str(path)) == HParams(alpha1=7.0)
    with pytest.raises(HParamsError, match="unknown hyper-parameter.*alpha0"):
        HParams.from_dict({"alpha0": -1.0})


@pytest.mark.parametrize("text", ["", "[1]", '{"alpha1": "x"}', "{"])
def test_a_broken_file_is_refused_with_its_name(tmp_path, text):
    path = tmp_path / "hparams.json"
    path.write_text(text)
    with pytest.raises(HParamsError, match="hparams.json"):
        HParams.load(str(path))
    with pytest.raises(HParamsError, match="nowhere.json"):
        HParams.load(str(tmp_path / "nowhere.json"))


def test_unknown_names_are_refused_with_those_that_are_known():
    with pytest.raises(HParamsError, match="unknown preset 'tiny'; known are paper, printed, small"):
        get_hparams("tiny")
    with pytest.raises(HParamsError, match="unknown ablation 'step4'"):
        get_hparams("small", "step4")
    with pytest.raises(HParamsError, match="unknown system 'hmp'; known are phystd, "):
        get_hparams("small", system="hmp")


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_has_the_numbers_of_its_paper_and_shares_the_others(system):
    shared = ("image_size", "n1", "n2", "depth_size", "batch_size", "max_iterations", "sampling", "flip")
    for preset in PRESETS:
        hparams, of_phystd = get_hparams(preset, system=system), get_hparams(preset)
        assert hparams.system == system
        assert [getattr(hparams, name) for name in shared] == [getattr(of_phystd, name) for name in shared]
    assert {name: getattr(get_hparams("paper", system=system), name) for name in SYSTEMS[system]} == SYSTEMS[system]
    assert set(SYSTEMS) == set(choices_of("system"))


def test_hyper_parameters_of_earlier_versions_are_those_of_phystd():
    assert HParams.from_dict({"preset": "paper"}).system == "phystd"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_whole_number_of_the_epochs_that_train_makes(preset):
    assert PRESETS[preset].max_iterations % PRESETS[preset].checkpoint_every == 0
