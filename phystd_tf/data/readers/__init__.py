"""One reader per dataset layout; each lists the clips of a dataset."""

import functools
from typing import Callable

from phystd_tf.data.readers import folder, oulu, siw, siwm, stdn
from phystd_tf.data.readers.listing import Listing, with_dangling_links


def _naming_links(list_clips: Callable[[str], Listing]) -> Callable[[str], Listing]:
    @functools.wraps(list_clips)
    def listed(root: str) -> Listing:
        return with_dangling_links(list_clips(root), root)

    return listed


# Name of a layout -> function that lists the clips below a root folder.
READERS: dict[str, Callable[[str], Listing]] = {
    "folder": _naming_links(folder.list_clips),
    "oulu": _naming_links(oulu.list_clips),
    "siw": _naming_links(siw.list_clips),
    "siwm": _naming_links(siwm.list_clips),
    "siwmv2": _naming_links(siwm.list_clips_v2),
    "stdn": _naming_links(stdn.list_clips),
}
