"""Versions of installed packages, to be stored with what they made."""

import platform
from importlib import metadata
from typing import Dict, Sequence

# Those that can change a score.
_OF_A_SCORE = ("phystd_tf", "tensorflow", "keras", "numpy", "opencv-python", "mediapipe")


def package_versions(names: Sequence[str] = _OF_A_SCORE) -> Dict[str, str]:
    """Versions of Python and of packages, by name; "not installed" for those that are not."""
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions
