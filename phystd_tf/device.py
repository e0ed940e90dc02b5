"""Whether code is traced for a GPU or for the processors, where their graphs differ."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

_as_with_a_gpu = False  # see ``as_with_a_gpu``


def has_gpu() -> bool:
    """Whether TensorFlow has a GPU here, so that graphs are traced for it."""
    return _as_with_a_gpu or bool(tf.config.list_physical_devices("GPU"))


@contextlib.contextmanager
def as_with_a_gpu() -> Iterator[None]:
    """Within, graphs are traced as on a machine with a GPU, to look at them without one."""
    global _as_with_a_gpu
    before, _as_with_a_gpu = _as_with_a_gpu, True
    try:
        yield
    finally:
        _as_with_a_gpu = before
