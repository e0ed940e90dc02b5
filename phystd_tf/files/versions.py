"""Versions of installed packages, to be stored with their results."""

import platform
from collections.abc import Sequence
from importlib import metadata

# Those that can change a score.
_OF_A_SCORE = ("phystd_tf", "tensorflow", "keras", "numpy", "opencv-python", "mediapipe")


def package_versions(names: Sequence[str] = _OF_A_SCORE) -> dict[str, str]:
    """Versions of Python and of packages, by name; "not installed" for those that are not."""
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions
