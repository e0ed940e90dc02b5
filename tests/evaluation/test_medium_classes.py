"""Which class of Tables 6 and 7 a face belongs to."""

import json
import pathlib

import pytest

from phystd_tf import spoof_types
from phystd_tf.evaluation.medium_classes import OULU, SIWM, MediumClassError, class_of

PUBLISHED = pathlib.Path(__file__).parents[2] / "protocols" / "published_tables.json"


def row(kind, instrument="", label=None):
    label = spoof_types.label_of(kind) if label is None else label
    return {"clip": "c7", "type": kind, "instrument": instrument, "label": str(label)}


@pytest.mark.parametrize("table, classes", [("6", OULU), ("7", SIWM)])
def test_classes_are_those_of_the_paper_in_its_order(table, classes):
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))["confusion_matrices"][table]
    assert list(classes.classes) == published["classes"]


def test_oulu_goes_by_instruments():
    faces = [("live", ""), ("print", "print_1"), ("print", "print_2"), ("replay", "replay_1"), ("replay", "replay_2")]
    assert [class_of(OULU, row(*face)) for face in faces] == [0, 1, 2, 3, 4]
    assert OULU.merged == ("live", "print", "print", "replay", "replay")


def test_siwm_goes_by_groups_of_types_whatever_the_instrument():
    found = {kind: SIWM.classes[class_of(SIWM, row(kind, "any"))] for kind in ("live", *spoof_types.SPOOF_TYPES)}
    assert [found[kind] for kind in ("live", "print", "replay")] == ["live", "print", "replay"]
    assert [list(found.values()).count(name) for name in SIWM.classes] == [1, 1, 1, 5, 3, 3]
    assert all(class_of(SIWM, row(kind)) == 5 for kind in spoof_types.PARTIAL_KINDS)


@pytest.mark.parametrize(
    "classes, face, message",
    [
        (OULU, row("live", "print_1"), "type 'live', but the instrument 'print_1'"),
        (OULU, row("print", "replay_1"), "type 'print', but the instrument 'replay_1'"),
        (OULU, row("print", "laser_card"), "instrument 'laser_card', which is none of the classes 'oulu'"),
        (OULU, row("print"), "instrument '', which is none"),
        (OULU, row("half_mask"), "type 'half_mask'"),
        (SIWM, row("live", label=0), "type 'live', but the label 0"),
        (SIWM, row("print", label=1), "type 'print', but the label 1"),
        (SIWM, row("unknown"), "type 'unknown', which is none of the classes 'siwm'"),
    ],
)
def test_a_face_of_no_class_or_of_two_is_named(classes, face, message):
    with pytest.raises(MediumClassError, match="the clip c7 has the") as error:
        class_of(classes, face)
    assert message in str(error.value)
