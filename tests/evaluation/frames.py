"""Frames with the terms of Eq. (10)."""

import numpy as np
import pandas as pd


def term_frames(live, spoof, traces_live, traces_spoof):
    """Frames with a depth term for each of live and spoof, and the trace B."""
    depth, B = np.concatenate([live, spoof]), np.concatenate([traces_live, traces_spoof])
    label = np.repeat([1, 0], [len(live), len(spoof)])
    clips = [f"c{i}" for i in range(len(label))]
    return pd.DataFrame({
        "clip": clips, "frame": 0, "subject": clips, "type": np.where(label == 1, "live", "print"),
        "instrument": "", "label": label, "depth": depth, "B": B, "C": 0.0, "T": 0.0, "P": 0.0,
    })  # fmt: skip
