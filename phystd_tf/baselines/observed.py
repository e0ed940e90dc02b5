"""What baselines with traces log in addition to their losses, for the report and for ``phystd_tf.training.health``."""

import tensorflow as tf

from phystd_tf.traces import GeneratorOutput

OBSERVED = ("depth_live", "depth_spoof", "trace_live", "trace_spoof")


def observed(live: GeneratorOutput, spoof: GeneratorOutput) -> dict[str, tf.Tensor]:
    """Means of the depth and of the absolute additive trace of each class, by the names in OBSERVED; scalars."""
    values = {}
    for kind, output in (("live", live), ("spoof", spoof)):
        traces = output.traces
        values[f"depth_{kind}"] = tf.reduce_mean(output.depth)
        values[f"trace_{kind}"] = tf.reduce_mean(tf.abs(traces.B + traces.C + traces.T))
    return values
