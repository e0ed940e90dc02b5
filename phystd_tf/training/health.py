"""Faults of a training that no single loss shows, found in its history."""

from collections.abc import Mapping, Sequence
from typing import Callable

# A discriminator with least squares (Eq. 18) that must tell as many real maps (1) from fake ones (0) and explains the
# share R^2 of their difference has the error 0.5 (1 - R^2): the mean squared distance from 1 on real, and from 0 on
# fake, added. Without a look at the picture the best answer is 0.5 everywhere, whose error is 0.5; any other constant
# has a larger one.
_WON = 0.05  # R^2 of 0.9: hardly anything is left to learn from it
# A constant within 0.02 of 0.5. Narrow, since D1 of a healthy training of `small` stays between 0.48 and 0.53 for long:
# it looks, and the generator keeps pace. The means of its epochs do not agree to the third digit five times.
_BLIND = (0.499, 0.501)
_WORSE = 1.0  # as bad as saying always 1 or always 0

_EMPTY = 0.01  # of the pixels that P0 leaves open
_EVERYWHERE = 0.5  # where P0 forbids it; a P of 0.5 is what an untrained sigmoid gives
_SOME_OPEN = 0.001  # of the pixels of spoof faces; below it there is nothing to inpaint

_LARGE_TRACE = 0.5  # added means of |B|, |C|, |T| and P of live faces: half the range of a pixel, and should be 0
_GROWTH = 10.0  # over the lowest mean of an earlier epoch; healthy trainings stay below 3
# Not L_P, L_R, L_S and the traces: they are near 0 before the traces open, and grow then as they should.
_LOSSES = ("L_depth", "L_G", "L_D", "L_H", "loss")

Row = Mapping[str, float]


def faults(rows: Sequence[Row]) -> dict[str, str]:
    """The faults that the last epochs of a training show.

    Args:
      rows: the means of each epoch by name, the first epoch first, as in history.csv. What is about names that a row
        lacks is not judged: ablations lack some, and so do runs of earlier editions.

    Returns:
      By kind of fault, one sentence that says what it is and what to do.
    """
    found = {}
    for kind, finder in _FINDERS.items():
        sentence = finder(rows)
        if sentence:
            found[kind] = sentence
    return found


def _won(rows: Sequence[Row]) -> str:
    names = _discriminators(rows, 3, lambda error: error < _WON)
    return names and (
        f"{names} told real from fake nearly perfectly for 3 epochs (error below {_WON} of 0.5), so that the generator "
        "learns little from it; in another run folder, try a lower --set=discriminator_lr_ratio=..."
    )


def _blind(rows: Sequence[Row]) -> str:
    names = _discriminators(rows, 5, lambda error: _BLIND[0] < error < _BLIND[1] or error > _WORSE)
    return names and (
        f"{names} did not tell real from fake at all for 5 epochs (error at 0.5, as without a look at the picture, or "
        f"above {_WORSE:g}), so that the generator learns nothing from it; in another run folder, try a higher "
        "--set=discriminator_lr_ratio=... or a lower --set=alpha2=..."
    )


def _empty(rows: Sequence[Row]) -> str:
    if not (
        _lasts(rows, 5, "P_open", lambda value: value < _EMPTY)
        and _lasts(rows, 5, "open_spoof", lambda value: value > _SOME_OPEN)
    ):
        return ""
    return (
        f"the inpainted region P of spoof faces was empty for 5 epochs (below {_EMPTY} of what P0 leaves open); masks "
        "and paper are explained by additive traces alone; in another run folder, try a lower "
        "--set=regularization_live_weight=... or a higher --set=alpha3=..."
    )


def _everywhere(rows: Sequence[Row]) -> str:
    if not _lasts(rows, 3, "P_closed", lambda value: value > _EVERYWHERE):
        return ""
    return (
        f"the inpainted region P of spoof faces was everywhere for 3 epochs (above {_EVERYWHERE} where P0 forbids it), "
        "so that spoofs are painted over and not explained; in another run folder, start with P closed "
        "(--set=inpainting_bias=-4, as the presets small and paper do) or try a higher --set=alpha3=..."
    )


def _traces(rows: Sequence[Row]) -> str:
    if "trace_live" not in rows[0]:
        return ""
    first = rows[0]["trace_live"]
    if not _lasts(rows[1:], 3, "trace_live", lambda value: value > max(first, _LARGE_TRACE)):
        return ""
    return (
        f"the traces of live faces, which should be 0, grew from {first:.2g} to {rows[-1]['trace_live']:.2g} (half the "
        "range of a pixel is 0.5); in another run folder, start with small traces (--set=trace_head_stddev=0.002) and "
        "weigh those of live faces more (--set=regularization_live_weight=1e5), as the presets small and paper do"
    )


def _losses(rows: Sequence[Row]) -> str:
    grown = []
    for name in _LOSSES:
        before = [row[name] for row in rows[:-1] if row.get(name, 0.0) > 0]
        if before and rows[-1].get(name, 0.0) > _GROWTH * min(before):
            grown.append(f"{name} from {min(before):.3g} to {rows[-1][name]:.3g}")
    return ", ".join(grown) and (
        f"the training drifts away: {', '.join(grown)} since an earlier epoch; stop it and try a lower "
        "--set=learning_rate=... in another run folder; the weights of the best epoch are kept"
    )


def _discriminators(rows: Sequence[Row], epochs: int, is_fault: Callable[[float], bool]) -> str:
    """The names of the discriminators that have a fault in each of the last epochs."""
    names = ("D1", "D2", "D3", "D4")
    return ", ".join(name for name in names if _lasts(rows, epochs, f"error_{name}", is_fault))


def _lasts(rows: Sequence[Row], epochs: int, name: str, is_fault: Callable[[float], bool]) -> bool:
    """Whether a value has a fault in each of the last epochs."""
    last = rows[-epochs:]
    return len(last) == epochs and all(name in row and is_fault(row[name]) for row in last)


_FINDERS: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "won": _won,
    "blind": _blind,
    "empty": _empty,
    "everywhere": _everywhere,
    "traces": _traces,
    "losses": _losses,
}
