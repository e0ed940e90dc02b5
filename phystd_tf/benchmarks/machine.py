"""The machine that numbers were measured on, and how busy it was."""

import os
import platform
from typing import Any

from phystd_tf.files.processes import THREADS
from phystd_tf.files.versions import package_versions

_CPUINFO = "/proc/cpuinfo"


def machine() -> dict[str, Any]:
    """Processor, cores that this process may use, load, limits of threads, and versions of packages.

    The load is the mean number of running processes over the last minute; None where the system does not tell it.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": _processor(),
        "cores": cores,
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
        "versions": package_versions(),
    }


def _processor() -> str:
    """Its name as Linux tells it, elsewhere as Python does."""
    if os.path.exists(_CPUINFO):
        with open(_CPUINFO, encoding="utf-8", errors="replace") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or platform.machine()
