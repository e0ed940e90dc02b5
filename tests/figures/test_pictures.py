import numpy as np

from phystd_tf.figures.pictures import detail, face_picture, mask_picture, signed_picture, strongest_window


def test_faces_are_clipped_and_rounded():
    picture = face_picture(np.array([[[-0.2, 0.5, 1.7], [1.0, 0.0, 0.2499]]]))
    assert picture.dtype == np.uint8 and picture.tolist() == [[[0, 128, 255], [255, 0, 64]]]


def test_signed_traces_are_around_gray_and_saturate_at_one_over_the_gain():
    values = np.array([-1, -0.25, -0.125, 0, 0.125, 0.25, 1]).reshape(1, 7, 1)
    assert signed_picture(values, 4.0).ravel().tolist() == [0, 0, 64, 128, 191, 255, 255]


def test_masks_are_gray():
    assert mask_picture(np.array([[[0.0], [0.5], [1.0]]])).tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


def test_the_strongest_window_is_that_of_a_search():
    rng = np.random.default_rng(0)
    for size, side in ((9, 4), (8, 8), (12, 1)):
        trace = rng.normal(0, 1, (size, size, 3))
        window = strongest_window(trace, side)
        places = [(top, left) for top in range(size - side + 1) for left in range(size - side + 1)]
        best = max(places, key=lambda at: np.abs(trace[at[0] : at[0] + side, at[1] : at[1] + side]).sum())
        assert (window.top, window.left, window.side) == (*best, side)
        assert detail(trace, window).shape == (side, side, 3)


def test_where_nothing_is_stronger_the_window_is_the_first():
    assert strongest_window(np.full((40, 40, 3), 0.1), 7)[:2] == (0, 0)
    trace = np.zeros((6, 6, 3))
    trace[4, 3] = -1
    window = strongest_window(trace, 2)
    assert (window.left, window.top) == (2, 3) and np.abs(detail(trace, window)).sum() == 3
