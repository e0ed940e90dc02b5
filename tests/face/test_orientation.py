import pytest

from phystd_tf.face.orientation import View, turn_evidence


@pytest.mark.parametrize("original, turned, is_turned", [
    (View(0.9, 0.8, 0.006), View(0.7, 0.0, 0.012), False),
    (View(0.7, 0.0, 0.012), View(0.9, 0.8, 0.006), True),
    (View(0.6, 0.0, 0.007), View(0.8, 0.0, 0.014), False),  # paint: the detector is wrong, the mesh is not
    (View(0.80, 0.83, 0.0136), View(0.74, 0.0, 0.0108), False),  # a half mask from the side: the mesh is wrong
    (View(0.8, 0.0, 0.013), View(0.75, 0.0, 0.008), True),
    (View(0.7, 0.0, 0.010), View(0.0, 0.0, None), False),
    (View(0.0, 0.0, None), View(0.7, 0.0, 0.010), True),
])  # fmt: skip
def test_detectors_and_mesh_are_weighed(original, turned, is_turned):
    evidence = turn_evidence(original, turned)
    assert (evidence > 0) == is_turned
    assert turn_evidence(turned, original) == pytest.approx(-evidence)
