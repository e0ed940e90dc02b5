"""How much memory a training step needs, estimated from its traced graph; no device is needed for it."""

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.optimization.trained_model import TrainedModel
from phystd_tf.physics.triangulation import MAX_TRIANGLES
from phystd_tf.traces import Batch, Faces

# What these give is what they were given, under another shape or name.
_SAME_BUFFER = ("Identity", "Reshape", "Squeeze", "ExpandDims", "StopGradient", "CheckNumerics")


def traced_step(model: TrainedModel) -> tf.Graph:
    """The graph of a training step on ``hparams.batch_size`` faces, and of nothing else: nothing is computed."""
    faces = _specs(model.hparams)
    return tf.function(model.train_step).get_concrete_function(Batch(faces, faces)).graph


def batch_bytes(hparams: HParams) -> int:
    """The bytes of the faces of a batch as a training step takes them; the step itself needs many times as much."""
    return 2 * sum(spec.shape.num_elements() * spec.dtype.size for spec in _specs(hparams))


def _specs(hparams: HParams) -> Faces:
    """What a half of a batch looks like."""
    half, size, k = hparams.batch_size // 2, hparams.image_size, hparams.depth_size
    return Faces(
        image=tf.TensorSpec((half, size, size, 3)),
        vertices=tf.TensorSpec((half, hparams.num_vertices, 2)),
        depth=tf.TensorSpec((half, k, k, 1)),
        preliminary_mask=tf.TensorSpec((half, size, size, 1)),
        triangles=tf.TensorSpec((half, MAX_TRIANGLES, 3), tf.int32),
        triangle_map=tf.TensorSpec((half, size, size), tf.int32),
    )


def peak_bytes(graph: tf.Graph) -> int:
    """The most bytes that the tensors of a graph take at once, if its operations run in the order of their creation.

    A tensor is there from the operation that makes it to the last one that reads it. Variables, working memory of
    convolutions and the bodies of inner functions do not count, nor do tensors of unknown shape; nothing is computed
    in place, so a device may need less.

    Args:
      graph: of a traced function; its inputs count.
    """
    operations = graph.get_operations()
    owner: dict[str, str] = {}  # from each tensor to the one whose memory it shares
    last_use: dict[str, int] = {}
    for step, operation in enumerate(operations):
        for tensor in operation.inputs:
            last_use[owner[tensor.name]] = step
        for tensor in operation.outputs:
            shares = operation.type in _SAME_BUFFER
            owner[tensor.name] = owner[operation.inputs[0].name] if shares else tensor.name
            last_use.setdefault(owner[tensor.name], step)
    for tensor in graph.outputs:
        last_use[owner[tensor.name]] = len(operations)
    freed: dict[int, int] = {}
    now = peak = 0
    for step, operation in enumerate(operations):
        for tensor in operation.outputs:
            if owner[tensor.name] == tensor.name:
                size = _bytes_of(operation, tensor)
                now += size
                freed[last_use[tensor.name]] = freed.get(last_use[tensor.name], 0) + size
        peak = max(peak, now)
        now -= freed.pop(step, 0)
    return peak


def _bytes_of(operation: tf.Operation, tensor: tf.Tensor) -> int:
    held_elsewhere = operation.type == "ReadVariableOp" or tensor.dtype in (tf.resource, tf.variant, tf.string)
    if held_elsewhere or not tensor.shape.is_fully_defined():
        return 0
    return tensor.shape.num_elements() * tensor.dtype.size
