"""One reader per dataset layout; each lists the clips of a dataset."""

from typing import Callable

from phystd_tf.data.readers import folder, oulu, siw, siwm, stdn
from phystd_tf.data.readers.listing import Listing

# Name of a layout -> function that lists the clips below a root folder.
READERS: dict[str, Callable[[str], Listing]] = {
    "folder": folder.list_clips,
    "oulu": oulu.list_clips,
    "siw": siw.list_clips,
    "siwm": siwm.list_clips,
    "siwmv2": siwm.list_clips_v2,
    "stdn": stdn.list_clips,
}
