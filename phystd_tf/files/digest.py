"""Identifies a file by a digest of its bytes."""

import hashlib

_PIECE = 2**20


def file_sha256(path: str) -> str:
    """Returns the SHA-256 of a file, as hexadecimal text.

    Raises:
      OSError: if it cannot be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(_PIECE), b""):
            digest.update(piece)
    return digest.hexdigest()
