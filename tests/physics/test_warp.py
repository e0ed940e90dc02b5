"""The online 3D warping layer, Eq. (12) to (15)."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import Delaunay

from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.physics import warp
from phystd_tf.physics.triangulation import anchors, rasterize_triangles, triangulate
from phystd_tf.traces import Faces

SIZE = 64


def _face(rng, n=1, low=15, high=48):
    return rng.uniform(low, high, (n, 140, 2))


def _mesh(vertices, size=SIZE):
    triangles = np.stack([triangulate(v, size).triangles for v in vertices])
    maps = np.stack([rasterize_triangles(v, t, size) for v, t in zip(vertices, triangles)])
    return triangles, maps.astype(np.int32)


def _offset(source, target, dtype=np.float32):
    triangles, maps = _mesh(target)
    return warp.dense_offset(tf.constant(source, dtype), tf.constant(target, dtype), triangles, maps)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def image(rng):
    return rng.random((2, SIZE, SIZE, 3)).astype(np.float32)


def test_pixel_grid_enumerates_x_then_y():
    grid = warp.pixel_grid(256)
    assert grid.shape == (256, 256, 2)
    assert grid[3, 5].numpy().tolist() == [5, 3]


def test_sparse_offset_is_source_minus_target_and_zero_at_the_frame(rng):
    source, target = _face(rng), _face(rng)
    points, offsets = warp.sparse_offset(tf.constant(source), tf.constant(target), SIZE)
    np.testing.assert_allclose(points[0, :140], target[0])
    np.testing.assert_allclose(points[0, 140:], anchors(SIZE))
    np.testing.assert_allclose(offsets[0, :140], source[0] - target[0])
    assert not np.any(offsets[0, 140:])


def test_dense_offset_is_that_of_scipy(rng):
    source, target = _face(rng, 2), _face(rng, 2)
    value = _offset(source, target).numpy()
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1).astype(float)
    for index in range(2):
        points = np.concatenate([target[index], anchors(SIZE)])
        values = np.concatenate([source[index] - target[index], np.zeros((16, 2))])
        expected = LinearNDInterpolator(Delaunay(points), values)(grid)
        assert np.abs(value[index] - expected).max() < 1e-3


def _turned_face(model, rng, size):
    """The 140 vertices of a random head, some outside a crop of ``size``, with many slivers at its side."""
    yaw, roll = rng.normal(0, (0.7, 0.15))
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    shape = model.shape_of(rng.normal(size=len(model.basis))) @ (tilt @ turn).T
    return (shape[model.vertices, :2] * size * 0.4 + (size * 0.5, size * 0.35)).astype(np.float32)


def test_dense_offset_of_real_face_shapes_is_that_of_scipy(rng):
    model, size = MorphableModel.load(), 256
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).astype(float)
    outside = 0
    for _ in range(4):
        source, target = (_turned_face(model, rng, size)[None] for _ in range(2))
        clipped = np.clip(target[0].astype(float), -0.5, size - 0.5)
        outside += int((clipped != target[0]).any())
        values = np.concatenate([source[0].astype(float) - target[0], np.zeros((16, 2))])
        expected = LinearNDInterpolator(Delaunay(np.concatenate([clipped, anchors(size)])), values)(grid)
        triangles, maps = _mesh(target, size)
        value = warp.dense_offset(source, target, triangles, maps).numpy()[0]
        assert np.abs(value - expected).max() < 1e-3
    assert outside  # otherwise clipping would not be tested


def test_the_offset_at_a_vertex_is_that_of_the_vertex(rng):
    pixels = np.stack(np.meshgrid(np.arange(15, 48), np.arange(15, 48)), -1).reshape(-1, 2)
    target = pixels[rng.choice(len(pixels), 140, replace=False)][None].astype(float)
    source = target + 3.0 * np.sin(target)
    value = _offset(source, target).numpy()[0]
    x, y = target[0].astype(int).T
    np.testing.assert_allclose(value[y, x], (source - target)[0], atol=1e-3)


def test_the_offset_fades_to_zero_at_the_frame(rng):
    target = _face(rng)
    value = _offset(target + 5.0, target).numpy()[0]
    inside = np.abs(value[32, 32])
    border = np.concatenate([value[0], value[-1], value[:, 0], value[:, -1]])
    assert np.abs(border).max() < 1.0 < inside.min()
    assert np.isfinite(value).all()


def test_no_offset_is_the_identity(rng, image):
    target = _face(rng, 2)
    offset = _offset(target, target)
    np.testing.assert_allclose(offset, 0, atol=1e-5)
    np.testing.assert_allclose(warp.sample(image, offset), image, atol=1e-5)


def test_a_face_that_leaves_the_crop_keeps_its_place_when_warped_to_itself(rng):
    """Vertices outside the crop are moved to its frame in the triangulation, but keep their offset."""
    target = _face(rng, low=-10, high=SIZE + 8)
    assert ((target < -0.5) | (target > SIZE - 0.5)).any()
    np.testing.assert_allclose(_offset(target, target), 0, atol=1e-6)
    points, offsets = warp.sparse_offset(tf.constant(target + (2.0, -1.0)), tf.constant(target), SIZE)
    np.testing.assert_allclose(offsets[0, :140], np.broadcast_to((2.0, -1.0), (140, 2)), atol=1e-9)
    np.testing.assert_array_equal(points[0, :140], np.clip(target[0], -0.5, SIZE - 0.5))


def test_a_whole_pixel_offset_rolls_the_image(image):
    offset = np.broadcast_to(np.float32([3, -2]), (2, SIZE, SIZE, 2))
    value = warp.sample(image, tf.constant(offset)).numpy()
    np.testing.assert_allclose(value[:, 2:, :-3], np.roll(image, (2, -3), (1, 2))[:, 2:, :-3], atol=1e-6)
    # Outside the image, the value at its border.
    np.testing.assert_allclose(value[:, 5, -1], image[:, 3, -1], atol=1e-6)


def test_an_affine_image_is_sampled_exactly(rng):
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1).astype(np.float64)
    affine = lambda p: (0.3 + 0.01 * p[..., :1] - 0.02 * p[..., 1:])[None]  # noqa: E731
    offset = rng.uniform(-4, 4, (1, SIZE, SIZE, 2))
    value = warp.sample(tf.constant(affine(grid)), tf.constant(offset))
    inside = slice(5, -5)
    np.testing.assert_allclose(value[:, inside, inside], affine(grid + offset[0])[:, inside, inside], atol=1e-12)


def test_an_affine_offset_is_interpolated_exactly(rng):
    """Holds inside the hull of the vertices, where the anchors have no influence."""
    target = _face(rng)
    matrix, shift = np.array([[1.1, 0.1], [-0.2, 0.9]]), np.array([2.0, -1.0])
    source = target @ matrix.T + shift
    value = _offset(source, target, np.float64).numpy()[0]
    hull = Delaunay(target[0])
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1).astype(float)
    inside = hull.find_simplex(grid) >= 0
    expected = grid @ matrix.T + shift - grid
    assert inside.sum() > 500
    # Triangles at the rim of the hull may include an anchor, so only inner ones are compared.
    triangles, maps = _mesh(target)
    inner = (triangles[0][maps[0]] < 140).all(-1) & inside
    np.testing.assert_allclose(value[inner], expected[inner], atol=1e-9)


def test_source_vertices_land_on_target_vertices(rng):
    """Tests the direction of the warp: Eq. (14) and (15), taken literally, miss the vertices."""
    grid = np.stack(np.meshgrid(np.arange(14) * 2 + 18, np.arange(10) * 4 + 14), -1).reshape(1, 140, 2)
    target = grid.astype(float)  # on pixel centers, so that the result can be read off there
    source = grid * (1.0, 0.8) + (5.0, 6.0) + rng.normal(0, 0.3, grid.shape)
    # An image whose channels are its own coordinates shows where it was sampled.
    coordinates = warp.pixel_grid(SIZE, tf.float64)[tf.newaxis]
    ours = warp.sample(coordinates, _offset(source, target, np.float64)).numpy()[0]
    triangles, maps = _mesh(source)
    literal_offset = warp.dense_offset(tf.constant(target), tf.constant(source), triangles, maps)
    literal = warp.sample(coordinates, literal_offset).numpy()[0]
    x, y = target[0].astype(int).T
    assert np.abs(ours[y, x] - source[0]).max() < 1e-9
    assert np.linalg.norm(literal[y, x] - source[0], axis=-1).mean() > 3.0


def test_gradients_are_right_in_float64(rng):
    target = _face(rng)
    source = target + rng.uniform(-3, 3, target.shape)
    triangles, maps = _mesh(target)
    smooth = rng.random((1, 8, 8, 1))
    image = tf.image.resize(smooth, (SIZE, SIZE), "bicubic")
    image = tf.cast(image, tf.float64)
    weights = tf.constant(rng.normal(size=(1, SIZE, SIZE, 1)))

    def value(image, source, target):
        return tf.reduce_sum(weights * warp.sample(image, warp.dense_offset(source, target, triangles, maps)))

    arguments = [image, tf.constant(source), tf.constant(target)]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        result = value(*arguments)
    gradients = tape.gradient(result, arguments)
    for position in range(3):
        direction = rng.normal(size=arguments[position].shape)
        step = 1e-6
        moved = [list(arguments), list(arguments)]
        moved[0][position] = arguments[position] + step * direction
        moved[1][position] = arguments[position] - step * direction
        numeric = (value(*moved[0]) - value(*moved[1])) / (2 * step)
        analytic = tf.reduce_sum(gradients[position] * direction)
        np.testing.assert_allclose(analytic, numeric, rtol=2e-3, err_msg=str(position))


def test_the_gradient_to_the_image_counts_the_pixels(rng, image):
    offset = tf.constant(rng.uniform(-2, 2, (2, SIZE, SIZE, 2)), tf.float32)
    picture = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        value = tf.reduce_sum(warp.sample(picture, offset))
    assert float(tf.reduce_sum(tape.gradient(value, picture))) == pytest.approx(image.size, rel=1e-4)


def test_one_pass_gives_the_samples_and_the_gradient_of_the_plain_one(rng, image, capfd):
    image, offset = tf.constant(image), tf.constant(rng.normal(0, 9, (2, SIZE, SIZE, 2)).astype(np.float32))
    upstream = tf.constant(rng.normal(0, 1, image.shape).astype(np.float32))
    warp._compiled_sample.cache_clear()
    found = []
    for function in (warp.sample, warp.sample_in_one_pass, tf.function(warp.sample_in_one_pass)):
        with tf.GradientTape() as tape:
            tape.watch((image, offset))
            sampled = function(image, offset)
        found.append([sampled, *tape.gradient(sampled, (image, offset), upstream)])
    for other in found[1:]:
        for one, two in zip(found[0], other):
            np.testing.assert_allclose(two, one, atol=1e-5)
    assert "Compiled cluster" not in capfd.readouterr().err


def test_one_pass_returns_nothing_else_under_the_two_tapes_of_the_training_step():
    @tf.function
    def step(image, offset):
        with tf.GradientTape() as first, tf.GradientTape() as second:
            first.watch(image)
            second.watch(image)
            sampled = warp.sample_in_one_pass(image, offset)
        return first.gradient(sampled, image), second.gradient(sampled, image)

    graph = step.get_concrete_function(tf.TensorSpec((2, SIZE, SIZE, 3)), tf.TensorSpec((2, SIZE, SIZE, 2))).graph
    (call,) = [operation for operation in graph.get_operations() if operation.type == "PartitionedCall"]
    assert len(call.outputs) == 1


@pytest.mark.parametrize("kind", ["profile", "duplicates", "outside", "tiny"])
def test_odd_faces_give_finite_values_and_gradients(rng, image, kind):
    frontal = _face(rng, 2)
    odd = frontal.copy()
    if kind == "profile":  # turned to the side: the far half folds over the near one
        odd[..., 0] = 32 + 12 * np.cos((frontal[..., 0] - 15) / 33 * 1.3 * np.pi)
    elif kind == "duplicates":
        odd[:, :60] = odd[:, 60:120]
    elif kind == "outside":
        odd = 3 * odd - 50
    else:
        odd = 32 + 0.02 * odd
    for source, target in ((odd, frontal), (frontal, odd)):
        triangles, maps = _mesh(target)
        arguments = [tf.constant(image), tf.constant(source, tf.float32), tf.constant(target, tf.float32)]
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            warped = warp.sample(arguments[0], warp.dense_offset(arguments[1], arguments[2], triangles, maps))
        assert np.isfinite(warped).all()
        for gradient in tape.gradient(warped, arguments):
            assert np.isfinite(gradient).all()


def test_mirrored_faces_give_the_mirrored_warp(rng, image):
    source, target = _face(rng, 2), _face(rng, 2)
    value = warp.sample(image, _offset(source, target))
    mirror = lambda vertices: vertices * (-1, 1) + (SIZE - 1, 0)  # noqa: E731
    mirrored = warp.sample(image[:, :, ::-1], _offset(mirror(source), mirror(target)))
    np.testing.assert_allclose(mirrored[:, :, ::-1], value, atol=1e-3)


def test_the_warp_traces_with_unknown_batch_size(rng, image):
    source, target = _face(rng, 2), _face(rng, 2)
    triangles, maps = _mesh(target)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, SIZE, SIZE, 3)),
            tf.TensorSpec((None, 140, 2)),
            tf.TensorSpec((None, 140, 2)),
            tf.TensorSpec((None, *triangles.shape[1:]), tf.int32),
            tf.TensorSpec((None, SIZE, SIZE), tf.int32),
        ]
    )
    def traced(image, source, target, triangles, maps):
        return warp.sample(image, warp.dense_offset(source, target, triangles, maps))

    eager = warp.sample(image, _offset(source, target))
    for n in (1, 2):
        arguments = (image[:n], source[:n].astype(np.float32), target[:n].astype(np.float32), triangles[:n], maps[:n])
        np.testing.assert_allclose(traced(*arguments), eager[:n], atol=5e-4)


def test_faces_are_warped_by_their_own_triangles(rng, image):
    source, target = _face(rng, 2), _face(rng, 2)
    triangles, maps = _mesh(target)
    unused = tf.zeros(())
    source_faces, target_faces = (
        Faces(unused, tf.constant(vertices, tf.float32), unused, unused, tf.constant(triangles), tf.constant(maps))
        for vertices in (source, target)
    )
    value = warp.warp(image, source_faces._replace(triangles=unused, triangle_map=unused), target_faces)
    np.testing.assert_array_equal(value, warp.sample(image, _offset(source, target)))
