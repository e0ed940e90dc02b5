"""Runs the programs of ``tools`` in this process, so that a test can run hundreds of them.

Nothing is imported again, and what takes long and is tested elsewhere can be made short. ``tests.program`` is closer to
what users type.
"""

import functools
import importlib
import sys

import pytest
from absl.testing import flagsaver

from phystd_tf.evaluation import summary
from phystd_tf.figures import style
from phystd_tf.inference import scoring
from phystd_tf.media_classifier.classification import MediumClassifier
from phystd_tf.optimization.trained_model import TrainedModel
from phystd_tf.training import experiment
from phystd_tf.training.callbacks import TracePanels
from tests.documents import WIDTHS

# Networks with a few channels, for the faces of ``tests.data.fake_prepared``.
TINY = [
    f"--set={text}"
    for text in (
        *WIDTHS, "image_size=32", "n1=4", "n2=16", "depth_size=4", "discriminator_sizes=[8,12,32,32]",
        "baseline_width=0.05",
    )
]  # fmt: skip


def call(verb, *arguments):
    """Calls the main function of a program with options; returns its exit code, and lets its errors through."""
    program = importlib.import_module(f"tools.{verb}")
    flags = program.flags.values
    before = flagsaver.save_flag_values(flags)
    try:
        flags([verb, *arguments])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [verb, *arguments])
            return program.main() or 0
    finally:
        flagsaver.restore_flag_values(before, flags)


def start(step, output, environment):
    """Runs a step of a plan, as what ``program_starter`` returns does in a process of its own."""
    return call(step.program, *step.arguments)


def _compile_eager(model, compile_it, **options):
    compile_it(model, **options)
    model.run_eagerly = True


def make_short(patch):
    """Leaves out what one iteration does not need: tracing, pictures, most held-out batches and draws, fine print."""
    for model in (TrainedModel, MediumClassifier):
        patch.setattr(model, "compile", functools.partialmethod(_compile_eager, model.compile))
    patch.setattr(experiment, "_HELD_OUT_BATCHES", 1)
    patch.setattr(experiment, "_panel_faces", lambda *_: None)
    patch.setattr(TracePanels, "on_epoch_end", lambda *_: None)
    patch.setattr(scoring, "traced_terms", lambda network: lambda crops: network.score_terms(network(crops)))
    for interval in ("eer_interval", "rate_intervals"):
        patch.setattr(summary, interval, functools.partial(getattr(summary, interval), rounds=2))
    patch.setattr(style, "PNG_DPI", 80)
