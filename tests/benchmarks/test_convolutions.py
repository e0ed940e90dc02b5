import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.benchmarks.convolutions import Convolution, _call, convolutions, seconds_alone
from phystd_tf.networks.parameters import count_flops
from phystd_tf.training.systems import new_model
from tests.training.tiny import tiny_hparams


def _graph(function, *shapes):
    return tf.function(function).get_concrete_function(*(tf.TensorSpec(shape) for shape in shapes)).graph


def _by_hand(images, kernel, strides):
    """Multiplications and additions of a convolution with padding SAME, counted one by one."""
    n, height, width, _ = images
    count = 0
    for _ in range(n * -(-height // strides) * -(-width // strides)):
        count += 2 * kernel[0] * kernel[1] * kernel[2] * kernel[3]
    return count


@pytest.mark.parametrize("strides", [1, 2])
def test_operations_are_counted_for_all_three_kinds(strides):
    images, kernel = (2, 7, 6, 3), (3, 5, 3, 4)

    def loss(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = tf.reduce_sum(tf.nn.conv2d(x, w, strides, "SAME") ** 2)
        return tape.gradient(y, [x, w])

    found = convolutions(_graph(loss, images, kernel))
    assert sorted(one.kind for one in found) == ["Conv2D", "Conv2DBackpropFilter", "Conv2DBackpropInput"]
    assert {(one.images, one.kernel, one.flops) for one in found} == {
        (images, kernel, _by_hand(images, kernel, strides))
    }
    assert set(found.values()) == {1}


def test_equal_convolutions_are_counted_together():
    kernel = tf.zeros((3, 3, 4, 4))
    found = convolutions(
        _graph(lambda x: tf.nn.conv2d(tf.nn.conv2d(x, kernel, 1, "SAME"), kernel, 1, "SAME"), (1, 8, 8, 4))
    )
    assert list(found.values()) == [2]


def test_what_leads_to_no_result_is_not_counted():
    """The tape of the second gradient passes through the first convolution as well."""
    kernel = tf.Variable(tf.zeros((3, 3, 4, 4)))
    count = tf.Variable(0)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.nn.conv2d(x, kernel, 1, "SAME")
        count.assign_add(1)
        return tape.gradient(y, kernel)

    graph = _graph(gradient, (1, 8, 8, 4))
    assert "Conv2DBackpropInput" in {operation.type for operation in graph.get_operations()}
    assert [one.kind for one in convolutions(graph)] == ["Conv2DBackpropFilter"]


def test_effects_are_counted():
    kept = tf.Variable(tf.zeros((1, 8, 8, 4)))

    def keep(x):
        kept.assign(tf.nn.conv2d(x, tf.zeros((3, 3, 4, 4)), 1, "SAME"))

    assert [one.kind for one in convolutions(_graph(keep, (1, 8, 8, 4)))] == ["Conv2D"]


def test_an_unknown_shape_is_refused():
    with pytest.raises(ValueError, match="not known"):
        convolutions(_graph(lambda x: tf.nn.conv2d(x, tf.zeros((3, 3, 1, 1)), 1, "SAME"), (None, 8, 8, 1)))


def test_what_is_timed_is_the_convolution_itself():
    rng = np.random.default_rng(0)
    images, kernel, result = (1, 8, 8, 2), (3, 3, 2, 3), (1, 4, 4, 3)
    how = ("float32", images, kernel, result, (1, 2, 2, 1), "SAME", (), (1, 1, 1, 1))
    x = rng.random(images, np.float32)  # drawn as in the function, with the same seed
    w = rng.random(kernel, np.float32)
    np.testing.assert_allclose(_call(Convolution("Conv2D", *how))(), tf.nn.conv2d(x, w, 2, "SAME"), rtol=1e-5)
    assert _call(Convolution("Conv2DBackpropInput", *how))().shape == images
    assert _call(Convolution("Conv2DBackpropFilter", *how))().shape == kernel


def test_times_add_up_by_how_often_each_is_there():
    one = Convolution(
        "Conv2D", "float32", (1, 64, 64, 8), (3, 3, 8, 8), (1, 64, 64, 8), (1, 1, 1, 1), "SAME", (), (1, 1, 1, 1)
    )
    assert 50 < seconds_alone({one: 1000}, 20) / seconds_alone({one: 1}, 20) < 20000


def test_the_convolutions_of_a_network_make_most_of_its_operations():
    """Compared with TensorFlow's profiler; the other operations are elementwise."""
    network = new_model(tiny_hparams()).generator
    size = network.hparams.image_size
    graph = _graph(lambda image: network(image, training=False), (1, size, size, 3))
    counted = sum(one.flops * count for one, count in convolutions(graph).items())
    assert 0.7 * count_flops(network) < counted <= count_flops(network)
