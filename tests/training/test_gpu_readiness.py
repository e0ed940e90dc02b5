"""What a GPU requires of the training step, shown on its traced graph without a GPU."""

import dataclasses

import tensorflow as tf
from tensorflow.python.framework.kernels import get_registered_kernels_for_op

from phystd_tf.device import as_with_a_gpu
from phystd_tf.hparams import PAPER, SMALL
from phystd_tf.networks.blocks import UpUnit
from phystd_tf.training.phystd_model import PhySTD
from phystd_tf.training.step_memory import peak_bytes, traced_step
from tests.training.tiny import tiny_hparams

# All operations that may occur, by how they run; what is not listed has to be looked up first.
ON_THE_DEVICE = {
    "convolutions, by cuDNN": "Conv2D Conv2DBackpropInput Conv2DBackpropFilter BiasAdd BiasAddGrad",
    "normalization, by cuDNN": "FusedBatchNormV3 FusedBatchNormGradV3",
    "pooling and resizing": "AvgPool AvgPoolGrad ResizeBilinear ResizeBilinearGrad",
    "matrices, by cuBLAS": "Einsum",
    "of each element": "Abs AddN AddV2 Cast DivNoNan Equal Floor FloorDiv FloorMod Greater GreaterEqual IsFinite "
    "LeakyRelu LeakyReluGrad Less LogicalAnd Maximum Minimum Mul Neg Pow RealDiv SelectV2 Sigmoid SigmoidGrad Sign "
    "Sqrt Square Sub Tanh TanhGrad",
    "reductions": "All Max Mean Prod Sum",
    "gathering and scattering": "GatherV2 UnsortedSegmentSum",
    "copies and shapes": "BroadcastTo ConcatV2 ExpandDims Fill Identity IdentityN Pack Reshape Slice Split SplitV "
    "Squeeze StopGradient StridedSlice Tile Transpose Unpack ZerosLike",
    "random numbers without a state": "StatelessRandomUniformFullIntV2 StatelessRandomUniformV2",
    "variables": "AssignAddVariableOp AssignSubVariableOp AssignVariableOp ReadVariableOp",
    "checks; the host reads one flag": "CheckNumerics",
}
IN_HOST_MEMORY = {
    "no work": "Const NoOp Placeholder",
    "sizes of a few numbers, which kernels for GPUs want there": "ConcatOffset Range Shape ShapeN Size",
    "keys of random numbers": "StatelessRandomGetKeyCounter",
    "one condition": "Assert If StatelessIf",
}
KNOWN = {kind for group in (ON_THE_DEVICE, IN_HOST_MEMORY) for names in group.values() for kind in names.split()}
LOOPS = {"While", "StatelessWhile", "For", "MapDefun"}
# GPU kernels compute these in host memory if they are int32.
INT32_ON_THE_HOST = {
    "AddV2", "Sub", "Mul", "FloorDiv", "FloorMod", "Maximum", "Minimum", "Neg", "Sum", "Prod", "Max", "Tile", "Pack",
}  # fmt: skip
FEW = 64


def _operations(graph):
    """All operations of a graph and of the functions that it calls."""
    yield from graph.get_operations()
    for name in {function.signature.name for function in graph.as_graph_def().library.function}:
        yield from graph._get_function(name).graph.get_operations()


def _check(graph):
    operations = list(_operations(graph))
    kinds = {operation.type for operation in operations}
    assert not kinds & LOOPS
    assert kinds <= KNOWN, f"{kinds - KNOWN}: has a GPU a kernel for it? See the lists above"
    for operation in operations:
        for tensor in operation.outputs:
            where = f"{operation.name}: {tensor}"
            of_no_shape = tensor.dtype in (tf.resource, tf.variant) or _is_working_memory(tensor)
            assert of_no_shape or tensor.shape.is_fully_defined(), where
            on_host = tensor.dtype == tf.int32 and operation.type in INT32_ON_THE_HOST
            assert not on_host or tensor.shape.num_elements() <= FEW, where


def _is_working_memory(tensor):
    """Whether it is what cuDNN keeps between the two passes of batch normalization, or its gradient, which is 0."""
    if tensor.op.type == "ZerosLike":
        tensor = tensor.op.inputs[0]
    return tensor.op.type == "FusedBatchNormV3" and tensor is tensor.op.outputs[-1]


def _like(preset, **changes):
    """The networks of a preset at the sizes of ``tiny``."""
    names = ("upsampling", "trace_head_stddev", "inpainting_bias", "region_within", "regularization_live_weight",
             "init_stddev", "generator_updates", "harder_depth", "discriminator_norm")  # fmt: skip
    return tiny_hparams(**{name: getattr(preset, name) for name in names}, **changes)


def test_what_is_said_to_run_on_the_device_has_a_kernel_there():
    """TensorFlow's packages for Linux know the kernels for GPUs, with or without a GPU."""
    device = "GPU" if tf.test.is_built_with_cuda() else "CPU"

    def devices(kind):
        return {kernel.device_type for kernel in get_registered_kernels_for_op(kind).kernel}

    kinds = {kind for names in ON_THE_DEVICE.values() for kind in names.split()}
    # These two only pass on a buffer: one kernel for all devices.
    assert {kind for kind in kinds if device not in devices(kind)} <= {"IdentityN", "ReadVariableOp"}
    assert all("DEFAULT" in devices(kind) for kind in ("IdentityN", "ReadVariableOp"))
    assert device == "CPU" or "GPU" not in devices("ScaleAndTranslate")  # so the question can be answered with no


def test_a_gpu_has_a_kernel_for_each_operation_of_the_step():
    """For `paper` in float16; the float32 step has the same operations without casts and loss scaling."""
    with as_with_a_gpu():
        graph = traced_step(PhySTD(_like(PAPER, precision="mixed_float16")))
    assert {"Conv2DBackpropFilter", "FusedBatchNormGradV3", "IsFinite"} <= {op.type for op in graph.get_operations()}
    _check(graph)
    assert peak_bytes(graph) > 4 * 32 * 32 * 4 * 4  # more than the images, depth and mask of four faces


def test_a_gpu_has_a_kernel_for_each_operation_of_the_upsampling_of_small():
    unit = UpUnit(4, _like(SMALL))

    @tf.function
    def gradients(features):
        with tf.GradientTape() as tape:
            output = unit(features, training=True)
        return tape.gradient(output, unit.trainable_variables)

    with as_with_a_gpu():
        graph = gradients.get_concrete_function(tf.TensorSpec((4, 8, 8, 3))).graph
    assert "ResizeBilinear" in {operation.type for operation in graph.get_operations()}
    _check(graph)


def test_presets_differ_from_the_traced_ones_in_nothing_that_changes_operations():
    names = {field.name for field in dataclasses.fields(PAPER)}
    differing = {name for name in names if getattr(PAPER, name) != getattr(SMALL, name)}
    sizes = {
        "preset", "image_size", "n1", "n2", "depth_size", "stem_channels", "encoder_channels", "convs_per_block",
        "decoder_stem_channels", "decoder_channels", "discriminator_sizes", "discriminator_channels",
        "discriminator_strides", "baseline_width",
    }  # fmt: skip
    rates = {
        "alpha2", "max_iterations", "checkpoint_every", "learning_rate", "decay_every", "discriminator_decay_every",
        "adam_beta1", "batch_norm_momentum", "beta", "discriminator_init_stddev", "init_stddev",
    }  # fmt: skip
    assert differing - sizes - rates == {"upsampling"}
