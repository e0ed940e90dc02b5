"""Spoof media, one module each.

A medium is a module with three names. ``INSTRUMENTS`` names its instruments, for
example a printer or a screen, so that a protocol can hold one out. ``sample(rng)
-> Parameters`` draws the parameters of a clip; ``parameters.instrument`` is the
name of the instrument. ``layers(shot, parameters, rng) -> Layers`` computes the
layers of a frame. ``MEDIA`` maps spoof types to media.
"""

from types import ModuleType

from phystd_tf import spoof_types
from phystd_tf.synthetic.media import (
    cosmetic_makeup,
    funny_eyeglasses,
    half_mask,
    impersonation_makeup,
    mannequin,
    obfuscation_makeup,
    paper_glasses,
    paper_mask,
    partial_paper,
    print_medium,
    replay,
    silicone_mask,
    transparent_mask,
)

MEDIA: dict[str, ModuleType] = {
    spoof_types.PRINT: print_medium,
    spoof_types.REPLAY: replay,
    spoof_types.HALF_MASK: half_mask,
    spoof_types.SILICONE_MASK: silicone_mask,
    spoof_types.TRANSPARENT_MASK: transparent_mask,
    spoof_types.PAPER_MASK: paper_mask,
    spoof_types.MANNEQUIN: mannequin,
    spoof_types.OBFUSCATION_MAKEUP: obfuscation_makeup,
    spoof_types.IMPERSONATION_MAKEUP: impersonation_makeup,
    spoof_types.COSMETIC_MAKEUP: cosmetic_makeup,
    spoof_types.FUNNY_EYEGLASSES: funny_eyeglasses,
    spoof_types.PAPER_GLASSES: paper_glasses,
    spoof_types.PARTIAL_PAPER: partial_paper,
}
