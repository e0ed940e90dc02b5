from phystd_tf.runs.operating_point import OperatingPoint, alpha0_of


def test_a_run_without_an_operating_point_is_scored_by_its_depth_alone():
    assert alpha0_of(None) == 0.0
    assert alpha0_of(OperatingPoint(-0.3, 0.1, "EER on dev", "last")) == -0.3
