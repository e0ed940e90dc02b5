"""The list of clips of a synthetic dataset: which instrument made a spoof, and with which parameters.

The list has one row per clip, including live clips. Protocols that hold out
instruments need it, because the folder names contain the spoof type only. The
list follows from the recipe alone; nothing is rendered for it.
"""

import csv
import dataclasses
import io
import json
import os

from phystd_tf.synthetic.clips import seeds_of, start_clip
from phystd_tf.synthetic.layouts import all_clips
from phystd_tf.synthetic.recipe import Recipe

CLIPS = "clips.csv"
COLUMNS = ("clip", "split", "type", "subject", "number", "instrument", "seeds", "parameters")


def clip_list(recipe: Recipe) -> str:
    """Builds the list.

    Args:
      recipe: recipe of the dataset.

    Returns:
      CSV text with the columns ``clip`` (path of the folder or video below the root, with
      forward slashes), ``split``, ``type`` (``live`` or a spoof type), ``subject`` (name),
      ``number`` (of the clip within subject and type), ``instrument`` and ``parameters`` (of the
      medium; the parameters as JSON; both are empty for live clips), and ``seeds`` (the numbers
      from which the clip is drawn, separated by spaces).
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for clip in all_clips(recipe):
        parameters = start_clip(recipe, clip).parameters
        writer.writerow(
            (
                clip.path.replace(os.sep, "/"),
                clip.split,
                clip.spoof_type,
                clip.subject_name,
                clip.number,
                parameters.instrument if parameters else "",
                " ".join(map(str, seeds_of(recipe, clip))),
                json.dumps(dataclasses.asdict(parameters)) if parameters else "",
            )
        )
    return file.getvalue()
