"""The widths of baselines: those of their papers, or a fraction of them."""

from phystd_tf.hparams import HParams


def scaled(channels: int, hparams: HParams) -> int:
    """A published number of channels times ``hparams.baseline_width``, rounded, at least 1."""
    return max(1, round(channels * hparams.baseline_width))
