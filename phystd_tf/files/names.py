"""What the name of a file says of it."""

import os
from typing import Union


def has_suffix(path: str, suffixes: Union[str, tuple[str, ...]]) -> bool:
    """Whether a name ends with a suffix, in any case; hidden files and macOS's ``._`` twins do not count.

    Args:
      path: of the file; only its name is looked at.
      suffixes: one, or several, in lower case.
    """
    name = os.path.basename(path)
    return not name.startswith(".") and name.lower().endswith(suffixes)
