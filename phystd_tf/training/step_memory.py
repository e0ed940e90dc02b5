"""How much memory a training step needs, estimated from its traced graph without a device."""

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.optimization.trained_model import TrainedModel
from phystd_tf.physics.triangulation import MAX_TRIANGLES
from phystd_tf.traces import Batch, Faces

# Operations whose output is their input, with another shape or name.
_SAME_BUFFER = ("Identity", "Reshape", "Squeeze", "ExpandDims", "StopGradient", "CheckNumerics")


def traced_step(model: TrainedModel) -> tf.Graph:
    """The graph of one training step on ``hparams.batch_size`` faces; traced only, nothing is computed."""
    faces = _specs(model.hparams)
    return tf.function(model.train_step).get_concrete_function(Batch(faces, faces)).graph


def batch_bytes(hparams: HParams) -> int:
    """Bytes of the faces of a batch, as a training step takes them; the step itself needs many times as much."""
    return 2 * sum(spec.shape.num_elements() * spec.dtype.size for spec in _specs(hparams))


def _specs(hparams: HParams) -> Faces:
    """The shapes and dtypes of half a batch."""
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
    """The peak memory of the tensors of a graph in bytes, if its operations run in the order of their creation.

    A tensor lives from the operation that makes it to the last one that reads it. Variables, working memory of
    convolutions, bodies of inner functions, and tensors of unknown shape are not counted. Nothing is assumed to be
    computed in place, so a device may need less.

    Args:
      graph: graph of a traced function; its inputs are counted.
    """
    operations = graph.get_operations()
    owner: dict[str, str] = {}  # tensor -> the tensor whose memory it shares
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
