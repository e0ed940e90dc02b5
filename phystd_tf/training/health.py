"""Faults of a training that no single loss shows, found in its history."""

from collections.abc import Mapping, Sequence
from typing import Callable

# The error of a least-squares discriminator (Eq. 18) is the mean squared distance from 1 on real maps plus that from 0
# on as many fake maps: 0.5 (1 - R^2) if it explains the share R^2 of their difference. Without looking at the picture,
# the best answer is 0.5 everywhere, with the error 0.5; any other constant has a larger error.
_WON = 0.05  # R^2 of 0.9: the generator can hardly learn from it
# A constant answer within 0.02 of 0.5. The range is narrow, since the error of D1 in a healthy training of `small` long
# stays between 0.48 and 0.53: D1 looks, and the generator keeps pace. But five epoch means are not all this near 0.5.
_BLIND = (0.499, 0.501)
_WORSE = 1.0  # as bad as always answering 1, or always 0

_EMPTY = 0.01  # mean P over the pixels that P0 leaves open
_EVERYWHERE = 0.5  # mean P where P0 forbids inpainting; an untrained sigmoid gives 0.5
_SOME_OPEN = 0.001  # share of open pixels of spoof faces; below it there is nothing to inpaint

_LARGE_TRACE = 0.5  # sum of the means of |B|, |C|, |T| and P of live faces, which should be 0; half a pixel range
_GROWTH = 10.0  # relative to the lowest mean of an earlier epoch; healthy trainings stay below 3
# Without L_P, L_R, L_S and the traces, which are near 0 until the traces open, and then grow as they should.
_LOSSES = ("L_depth", "L_G", "L_D", "L_H", "loss")

Row = Mapping[str, float]


def faults(rows: Sequence[Row]) -> dict[str, str]:
    """The faults that the last epochs of a training show.

    Args:
      rows: the means of each epoch by name, in the order of epochs, as in history.csv. Ablations and runs of earlier
        editions lack some names; faults that need a missing name are not looked for.

    Returns:
      Kind of fault -> one sentence that says what it is and what to do.
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
