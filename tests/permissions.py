"""Makes a program obey file permissions even if root runs the tests."""

import ctypes

_VERSION_3 = 0x20080522  # version of the structures of Linux's capset


def obey(folder):
    """Drops the privilege of this process to ignore file permissions; called by ``tests.program``.

    Args:
      folder: where the program runs; not used.
    """
    header, capabilities = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, capabilities):
        raise OSError(ctypes.get_errno(), "capset")
    return int
