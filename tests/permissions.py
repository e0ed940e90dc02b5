"""Lets a program obey the permissions of files, also where the tests are run by root."""

import ctypes

_VERSION_3 = 0x20080522  # of the structures of Linux's capset


def obey(folder):
    """Gives up, for this process, the privilege to write where it is not permitted; to be called by ``tests.program``.

    Args:
      folder: where the program runs; not used.
    """
    header, capabilities = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, capabilities):
        raise OSError(ctypes.get_errno(), "capset")
    return int
