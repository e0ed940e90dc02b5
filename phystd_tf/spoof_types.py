"""The spoof types: their names, their labels, and which part of a face each may hide.

The names are those of Table 3. Besides the label, a type determines which part
of the face the spoof medium can have replaced, and hence where the preliminary
mask P0 of Fig. 7 forbids inpainting.
"""

import re

LIVE = "live"
UNKNOWN = "unknown"

PRINT = "print"
REPLAY = "replay"
HALF_MASK = "half_mask"
SILICONE_MASK = "silicone_mask"
TRANSPARENT_MASK = "transparent_mask"
PAPER_MASK = "paper_mask"
MANNEQUIN = "mannequin"
OBFUSCATION_MAKEUP = "obfuscation_makeup"
IMPERSONATION_MAKEUP = "impersonation_makeup"
COSMETIC_MAKEUP = "cosmetic_makeup"
FUNNY_EYEGLASSES = "funny_eyeglasses"
PAPER_GLASSES = "paper_glasses"
PARTIAL_PAPER = "partial_paper"
PARTIAL_EYE = "partial_eye"
PARTIAL_MOUTH = "partial_mouth"

MASKS = (HALF_MASK, SILICONE_MASK, TRANSPARENT_MASK, PAPER_MASK, MANNEQUIN)
MAKEUPS = (OBFUSCATION_MAKEUP, IMPERSONATION_MAKEUP, COSMETIC_MAKEUP)
PARTIALS = (FUNNY_EYEGLASSES, PAPER_GLASSES, PARTIAL_PAPER)
# The 13 spoof types of Table 3, in its order.
SPOOF_TYPES = (REPLAY, PRINT) + MASKS + MAKEUPS + PARTIALS
# The two kinds of `partial_paper`, for data that tells them apart.
PARTIAL_KINDS = (PARTIAL_EYE, PARTIAL_MOUTH)

# What P0 leaves open to inpainting (Fig. 7).
OPEN_NOTHING = "nothing"
OPEN_FACE = "face"
OPEN_EYES = "eyes"
OPEN_MOUTH = "mouth"
OPEN_EYES_AND_MOUTH = "eyes_and_mouth"

_OPEN_REGION = {
    LIVE: OPEN_NOTHING,
    PRINT: OPEN_NOTHING,
    REPLAY: OPEN_NOTHING,
    FUNNY_EYEGLASSES: OPEN_EYES,
    PAPER_GLASSES: OPEN_EYES,
    PARTIAL_EYE: OPEN_EYES,
    PARTIAL_MOUTH: OPEN_MOUTH,
    # Pieces of paper over the eyes or the mouth: either, if the kind is not known.
    PARTIAL_PAPER: OPEN_EYES_AND_MOUTH,
}

# Other spellings found in folder names, without word separators.
_ALIASES = {
    "real": LIVE,
    "bonafide": LIVE,
    "genuine": LIVE,
    "client": LIVE,
    "printed": PRINT,
    "photo": PRINT,
    "video": REPLAY,
    "screen": REPLAY,
    "display": REPLAY,
    "half": HALF_MASK,
    "maskhalf": HALF_MASK,
    "silicone": SILICONE_MASK,
    "masksilicone": SILICONE_MASK,
    "transparent": TRANSPARENT_MASK,
    "masktrans": TRANSPARENT_MASK,
    "masktransparent": TRANSPARENT_MASK,
    "papercraftedmask": PAPER_MASK,
    "maskpaper": PAPER_MASK,
    "maskmann": MANNEQUIN,
    "mannequinhead": MANNEQUIN,
    "obfuscation": OBFUSCATION_MAKEUP,
    "makeupob": OBFUSCATION_MAKEUP,
    "makeupobfuscation": OBFUSCATION_MAKEUP,
    "impersonation": IMPERSONATION_MAKEUP,
    "makeupim": IMPERSONATION_MAKEUP,
    "makeupimpersonation": IMPERSONATION_MAKEUP,
    "cosmetic": COSMETIC_MAKEUP,
    "makeupco": COSMETIC_MAKEUP,
    "makeupcosmetic": COSMETIC_MAKEUP,
    "funnyeye": FUNNY_EYEGLASSES,
    "funnyeyes": FUNNY_EYEGLASSES,
    "funnyglasses": FUNNY_EYEGLASSES,
    "partialfunnyeye": FUNNY_EYEGLASSES,
    "paperglass": PAPER_GLASSES,
    "partialpaperglass": PAPER_GLASSES,
    "partialpaperglasses": PAPER_GLASSES,
    "partialeyes": PARTIAL_EYE,
}
_KNOWN = {name.replace("_", ""): name for name in SPOOF_TYPES + PARTIAL_KINDS + (LIVE, UNKNOWN)}


def normalize(name: str) -> str:
    """The id of a spoof type in any common spelling.

    ``Print``, ``paper-glasses`` and ``Mask_Half`` become ``print``,
    ``paper_glasses`` and ``half_mask``. Any other name becomes its own slug
    (lower case, runs of other characters as one ``_``) and counts as an unknown
    type for P0; a name without a letter or digit becomes ``unknown``.
    """
    slug = re.sub(r"[\W_]+", "_", name).strip("_").lower() or UNKNOWN
    letters = slug.replace("_", "")
    return _KNOWN.get(letters) or _ALIASES.get(letters, slug)


def label_of(spoof_type: str) -> int:
    """1 for ``live``, 0 for every spoof, known or not."""
    return int(spoof_type == LIVE)


def table_type(spoof_type: str) -> str:
    """The column of Table 3 that a type counts in: both kinds of ``partial_paper`` are one PAI species."""
    return PARTIAL_PAPER if spoof_type in PARTIAL_KINDS else spoof_type


def open_region(spoof_type: str) -> str:
    """The part of the face that P0 leaves open to inpainting (Fig. 7).

    Returns:
      One of the ``OPEN_...`` names. 3D masks, makeup and unknown types may have
      replaced anything inside the face.
    """
    return _OPEN_REGION.get(spoof_type, OPEN_FACE)
