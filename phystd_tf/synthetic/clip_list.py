"""The list of clips beside an embedded dataset: which instrument made a spoof, and with which settings.

One row a clip, live ones included. A protocol that holds instruments out needs
it, because the folders name the spoof type only. It follows from the recipe;
no picture is drawn for it.
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
    """The list as CSV.

    Columns: ``clip``, its folder or video below the root, with slashes; ``split``;
    ``type``, ``live`` or a spoof type; ``subject``, its name; ``number`` within
    subject and type; ``instrument`` and ``parameters`` (JSON) of the medium, empty for
    live; ``seeds``, the numbers from which the clip is drawn, separated by spaces.
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
