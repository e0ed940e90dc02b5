"""The datasets at full size, as names of clips."""

import itertools

from phystd_tf.protocols.protocol import ClipFacts
from phystd_tf.spoof_types import SPOOF_TYPES


def _oulu():
    kinds = {1: ("live", ""), 2: ("print", "print_1"), 3: ("print", "print_2"), 4: ("replay", "replay_1")}
    kinds[5] = ("replay", "replay_2")
    clips = []
    for user, phone, session, file in itertools.product(range(1, 56), range(1, 7), range(1, 4), range(1, 6)):
        split = "train" if user <= 20 else "dev" if user <= 35 else "test"
        name = f"{split.capitalize()}_files/{phone}_{session}_{user:02d}_{file}"
        kind, instrument = kinds[file]
        facts = (f"{user:02d}", kind, int(file == 1), split, str(session), str(phone), instrument)
        clips.append(ClipFacts(name, *facts))
    return clips


# Sensor, type, medium, session: numbers of videos for training and testing, from the published list of 4,469.
SIW = """
1111 90 75,1112 89 75,1121 89 75,1122 88 75,2111 90 74,2112 90 75,2121 90 75,2122 88 75,
1211 77 71,1212 68 66,1221 76 71,1222 67 64,2211 18 13,2212 1 0,2221 32 29,
1311 90 75,1312 90 75,1321 90 75,1322 90 75,1331 90 75,1332 90 75,1341 69 56,1342 69 56,
2311 90 75,2312 90 75,2321 90 71,2322 90 75,2331 88 70,2332 90 74,2341 72 68,2342 75 70"""


def _siw():
    clips = []
    for cell in SIW.replace("\n", "").split(","):
        code, *counts = cell.split()
        sensor, kind, medium, session = code
        name = {"1": "live", "2": "print", "3": "replay"}[kind]
        for split, first, count in zip(("train", "test"), (1, 91), counts):
            for subject in range(first, first + int(count)):
                clip = f"{subject:03d}-{sensor}-{kind}-{medium}-{session}"
                facts = (f"{subject:03d}", name, int(kind == "1"), split, session, sensor, f"{name}_{medium}")
                clips.append(ClipFacts(clip, *facts))
    return clips


SIWM = {
    "replay": 99, "print": 118, "half_mask": 72, "silicone_mask": 27, "transparent_mask": 88, "paper_mask": 17,
    "mannequin": 40, "obfuscation_makeup": 23, "impersonation_makeup": 61, "cosmetic_makeup": 50,
    "funny_eyeglasses": 160, "paper_glasses": 127, "partial_eye": 57, "partial_mouth": 29, "live": 660,
}  # fmt: skip
STEMS = {
    "live": "Live", "replay": "Replay", "print": "Paper", "half_mask": "Mask_Half", "silicone_mask": "Mask_Silicone",
    "transparent_mask": "Mask_Trans", "paper_mask": "Mask_Paper", "mannequin": "Mask_Mann",
    "obfuscation_makeup": "Makeup_Ob", "impersonation_makeup": "Makeup_Im", "cosmetic_makeup": "Makeup_Co",
    "funny_eyeglasses": "Partial_Funnyeye", "paper_glasses": "Partial_Paperglass", "partial_eye": "Partial_Eye",
    "partial_mouth": "Partial_Mouth",
}  # fmt: skip


def siwm(counts=SIWM):
    clips = []
    for kind, count in counts.items():
        for number in range(1, count + 1):
            clip = f"somewhere/{STEMS[kind]}_{number}"
            session = ("Train" if number <= 500 else "Test") if kind == "live" else ""
            clips.append(ClipFacts(clip, clip, kind, int(kind == "live"), "", session))
    return clips


def _embedded(people=20):
    clips = []
    for person, kind, number in itertools.product(range(people), ("live", *SPOOF_TYPES), range(2)):
        split = "train" if person < 0.6 * people else "dev" if person < 0.8 * people else "test"
        instrument = "" if kind == "live" else f"{kind}_{(person + number) % 3}"
        clip = f"{split}/{kind}/s{person}/c{number}"
        clips.append(ClipFacts(clip, f"s{person}", kind, int(kind == "live"), split, "", "", instrument))
    return clips


CLIPS = {"oulu": _oulu(), "siw": _siw(), "siwm": siwm(), "folder": _embedded()}
