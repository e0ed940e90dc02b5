"""The convolutions of a traced function: their operations, and how long they take alone.

Their rate is the roofline of a training step: no step can be faster than its convolutions, and any further time is
spent on everything else. Each is computed in the fastest way that the networks have.
"""

import collections
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from phystd_tf.benchmarks.bench import median_seconds
from phystd_tf.networks.convolution import gradient_by_products, products_are_faster

_FORWARD, _BY_INPUT, _BY_FILTER = "Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"
_KINDS = (_FORWARD, _BY_INPUT, _BY_FILTER)


class Convolution(NamedTuple):
    """A convolution, or its gradient with respect to the input or the filter.

    Attributes:
      kind: name of the TensorFlow operation.
      dtype: dtype of its tensors.
      images: shape [n, h, w, c_in] of its input.
      kernel: shape [kh, kw, c_in, c_out].
      result: shape [n, h', w', c_out] of its output.
      strides: along the four dimensions.
      padding: "SAME", "VALID" or "EXPLICIT".
      margins: widths of "EXPLICIT" padding.
      dilations: along the four dimensions.
    """

    kind: str
    dtype: str
    images: tuple[int, ...]
    kernel: tuple[int, ...]
    result: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    margins: tuple[int, ...]
    dilations: tuple[int, ...]

    @property
    def flops(self) -> int:
        """Floating-point operations (a multiplication and an addition are two); the same for all kinds."""
        return 2 * int(np.prod(self.result)) * int(np.prod(self.kernel[:3]))


def convolutions(graph: Any) -> dict[Convolution, int]:
    """The convolutions that a traced function executes, and how often each.

    A gradient tape also records operations that no result needs, such as the gradient with respect to the images.
    TensorFlow does not execute them, and they are not counted.

    Args:
      graph: graph of a concrete function, traced within ``operations_only``.

    Raises:
      ValueError: if the shape of a convolution is not known.
    """
    found: collections.Counter[Convolution] = collections.Counter()
    for operation in _executed(graph):
        if operation.type in _KINDS:
            found[_read(operation)] += 1
    return dict(found)


def seconds_alone(found: dict[Convolution, int], rounds: int) -> float:
    """The time of all convolutions if nothing else is computed: the sum of their medians, each times its count."""
    times = median_seconds({str(n): _call(one) for n, one in enumerate(found)}, rounds)
    return sum(seconds * count for seconds, count in zip(times.values(), found.values()))


def _executed(graph: Any) -> set[tf.Operation]:
    """The operations that the results and the side effects of a function need, directly or indirectly."""
    needed = [tensor.op for tensor in graph.outputs]
    needed += [operation for operation in graph.get_operations() if operation.op_def.is_stateful]
    found: set[tf.Operation] = set()
    while needed:
        operation = needed.pop()
        if operation not in found:
            found.add(operation)
            needed += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return found


def _read(operation: tf.Operation) -> Convolution:
    first, second = operation.inputs[0], operation.inputs[1]
    out = operation.outputs[0]
    if operation.type == _FORWARD:
        shapes = first.shape, second.shape, out.shape
    elif operation.type == _BY_INPUT:
        shapes = out.shape, second.shape, operation.inputs[2].shape
    else:
        shapes = first.shape, out.shape, operation.inputs[2].shape
    images, kernel, result = (tuple(shape.as_list()) for shape in shapes)
    # The gradient with respect to the input has an unknown rank if its shape is computed.
    if any(None in shape for shape in (images, kernel, result)):
        raise ValueError(f"{operation.name}: the shape of this convolution is not known")
    attributes = {name: tuple(operation.get_attr(name)) for name in ("strides", "dilations", "explicit_paddings")}
    return Convolution(
        operation.type, out.dtype.name, images, kernel, result, attributes["strides"],
        operation.get_attr("padding").decode(), attributes["explicit_paddings"], attributes["dilations"],
    )  # fmt: skip


def _call(one: Convolution) -> Any:
    """A function without arguments that computes the convolution on noise."""
    rng = np.random.default_rng(0)

    def noise(shape: tuple[int, ...]) -> tf.Tensor:
        return tf.cast(rng.random(shape, np.float32), one.dtype)

    how: dict[str, Any] = {
        "strides": list(one.strides),
        "padding": one.padding,
        "explicit_paddings": list(one.margins),
        "dilations": list(one.dilations),
    }
    if one.kind == _FORWARD:
        images, kernel = noise(one.images), noise(one.kernel)
        return lambda: tf.raw_ops.Conv2D(input=images, filter=kernel, **how)
    if one.kind == _BY_INPUT:
        kernel, result = noise(one.kernel), noise(one.result)
        return lambda: tf.raw_ops.Conv2DBackpropInput(
            input_sizes=list(one.images), filter=kernel, out_backprop=result, **how
        )
    images, result = noise(one.images), noise(one.result)
    by_products = products_are_faster(images.dtype, one.images[-1], one.result[-1], one.result[1])
    if by_products and one.padding != "EXPLICIT" and set(one.dilations) == {1}:
        size = one.kernel[0], one.kernel[1]
        return lambda: gradient_by_products(images, result, size, one.strides[1], one.padding)
    return lambda: tf.raw_ops.Conv2DBackpropFilter(
        input=images, filter_sizes=list(one.kernel), out_backprop=result, **how
    )
