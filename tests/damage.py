"""Damages files as disks, networks and editors do."""

from hypothesis import strategies


def damaged_bytes(draw, whole: bytes) -> bytes:
    """The bytes with some of them changed, removed, repeated or cut off; ``draw`` is from hypothesis."""
    data = bytearray(whole)
    for _ in range(draw(strategies.integers(1, 4))):
        position = draw(strategies.integers(0, max(len(data) - 1, 0)))
        length = draw(strategies.integers(1, 16))
        kind = draw(strategies.sampled_from(["change", "zero", "remove", "repeat", "cut"]))
        part = data[position : position + length]
        if kind == "change":
            part = bytearray(draw(strategies.binary(min_size=len(part), max_size=len(part))))
        elif kind == "zero":
            part = bytearray(len(part))
        elif kind == "remove":
            part = bytearray()
        elif kind == "repeat":
            part = part + part
        data[position : position + length] = part
        if kind == "cut":
            del data[position:]
    return bytes(data)
