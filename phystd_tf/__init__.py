"""PhySTD: physics-guided spoof trace disentanglement for face anti-spoofing.

    import phystd_tf

    model = phystd_tf.load("RUN")
    print(model.predict("photograph.jpg"))

To read the code, start with :mod:`phystd_tf.traces` (the quantities and the conventions), then
:mod:`phystd_tf.physics.formation`, :mod:`phystd_tf.losses` and :mod:`phystd_tf.training.phystd_model`, which reads
like Algorithm 1.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Name -> its module. Imported on first use, so that the package itself loads at once and without TensorFlow.
_EXPORTS = {
    "load": "phystd_tf.inference.model",
    "get_hparams": "phystd_tf.hparams",
    "PhySTD": "phystd_tf.training.phystd_model",
    "Batch": "phystd_tf.traces",
    "Faces": "phystd_tf.traces",
    "Traces": "phystd_tf.traces",
}
__all__ = ["Batch", "Faces", "PhySTD", "Traces", "get_hparams", "load"]

if TYPE_CHECKING:
    from phystd_tf.hparams import get_hparams
    from phystd_tf.inference.model import load
    from phystd_tf.traces import Batch, Faces, Traces
    from phystd_tf.training.phystd_model import PhySTD


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_EXPORTS[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_EXPORTS])
