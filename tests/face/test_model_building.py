import numpy as np

from phystd_tf.face import model_building


def test_the_shipped_model_comes_from_the_two_photographs(model, hopper, astronaut):
    arrays = model_building.build([hopper, astronaut])
    assert (arrays["mirror"] == model.mirror).all()
    np.testing.assert_allclose(arrays["mean"], model.mean, atol=0.01)
    assert tuple(arrays["names"]) == model.names
    np.testing.assert_allclose(arrays["stddev"], model.stddev, rtol=0.1)


def test_procrustes_recovers_a_similarity(pose):
    points = np.random.default_rng(0).normal(size=(20, 3))
    truth = pose(20, 30, 40), 2.5, np.array([1.0, -2.0, 3.0])
    found = model_building.procrustes(points, model_building.apply(truth, points))
    for one, other in zip(found, truth):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_mean_of_a_turned_face_is_symmetric_and_looks_ahead(model, pose):
    turned = 90 * model.mean @ pose(25, 10, 15).T + (300, 200, 5)
    mean = model_building.mean_shape([turned], model.mirror)
    np.testing.assert_allclose(mean, model.mean, atol=0.01)


def test_named_deformations_do_what_they_say(model):
    def moved(name, vertex, axis):
        index = model.names.index(name)
        return model.basis[index, vertex, axis] * model.stddev[index]

    assert moved("jaw_open", 14, 1) - moved("jaw_open", 13, 1) > 0.04  # the lower lip leaves the upper
    assert moved("smile", 61, 0) < -0.03 and moved("smile", 291, 0) > 0.03
    assert moved("eyes_close", 159, 1) > 0.01 and abs(moved("eyes_close", 145, 1)) < 0.005
    assert moved("brows_up", 105, 1) < -0.02
    assert moved("nose_height", 4, 2) > 0.02
