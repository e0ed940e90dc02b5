"""The online 3D warping layer, Sec. 3.3.1, Eq. (12) to (15).

This is a backward warp: the offset at a pixel of the target points to the
position of its content in the source. The triangulation is therefore that of the
target, and the offset of a vertex is source minus target. (Taken literally,
Eq. (14) and (15) triangulate the source and subtract in the opposite order. A
test shows that the vertices do not coincide then.)

Everything runs in the graph, for any batch size, and is differentiable with
respect to the image and to both sets of vertices.
"""

import functools
from typing import Any, Callable, Optional

import tensorflow as tf

from phystd_tf.device import has_gpu
from phystd_tf.files.quiet import quiet_stderr
from phystd_tf.physics.triangulation import anchors
from phystd_tf.traces import Faces


def pixel_grid(size: int, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Returns all pixel locations p0, Eq. (12): [size, size, 2], (x, y) at each pixel."""
    line = tf.range(size, dtype=dtype)
    return tf.stack(tf.meshgrid(line, line), axis=-1)


def sparse_offset(source_vertices: tf.Tensor, target_vertices: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes points of the target and their offsets to the source, from the vertices of Eq. (13).

    A target vertex outside the crop is moved to its frame, as in the
    triangulation, but keeps its offset, so that warping a face to itself changes
    nothing.

    Args:
      source_vertices: [n, Q, 2] float, (x, y) in pixels of the source crop.
      target_vertices: [n, Q, 2] float, (x, y) in pixels of the target crop.
      size: N of the crops.

    Returns:
      Points [n, Q + 16, 2] and offsets [n, Q + 16, 2]; the offsets of the anchors are zero.
    """
    frame = tf.constant(anchors(size), target_vertices.dtype)
    border = tf.broadcast_to(frame, (tf.shape(target_vertices)[0], *frame.shape))
    clipped = tf.clip_by_value(target_vertices, -0.5, size - 0.5)
    points = tf.concat([clipped, border], axis=1)
    offsets = tf.concat([source_vertices - target_vertices, tf.zeros_like(border)], axis=1)
    return points, offsets


def dense_offset(
    source_vertices: tf.Tensor, target_vertices: tf.Tensor, triangles: tf.Tensor, triangle_map: tf.Tensor
) -> tf.Tensor:
    """Computes the offset at every pixel of the target, Eq. (14): Tri(p0, s, delta s).

    The interpolation is exactly piecewise linear: one affine map per triangle,
    gathered through the triangle map.

    Args:
      source_vertices: [n, Q, 2] float, (x, y) in pixels.
      target_vertices: [n, Q, 2] float, (x, y) in pixels.
      triangles: [n, R, 3] int, triangles of the target.
      triangle_map: [n, N, N] int, triangle map of the target; N static.

    Returns:
      [n, N, N, 2] float, (x, y).
    """
    size = triangle_map.shape[1]
    points, offsets = sparse_offset(source_vertices, target_vertices, size)
    maps = _affine_maps(tf.gather(points, triangles, batch_dims=1), tf.gather(offsets, triangles, batch_dims=1))
    of_pixels = tf.gather(maps, tf.reshape(triangle_map, (-1, size * size)), batch_dims=1)
    # Pixels come last: products of tensors whose last axis has two elements are slow.
    along_x, along_y, corner, value = tf.split(tf.transpose(of_pixels, (2, 0, 1)), 4)  # [2, n, N N] each
    grid = tf.reshape(tf.transpose(pixel_grid(size, points.dtype), (2, 0, 1)), (2, 1, size * size))
    from_corner = grid - corner
    offset = value + along_x * from_corner[:1] + along_y * from_corner[1:]
    return tf.reshape(tf.transpose(offset, (1, 2, 0)), (-1, size, size, 2))


def _affine_maps(corners: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Computes the affine maps through three values at three corners, in closed form.

    Args:
      corners: [n, R, 3, 2].
      values: [n, R, 3, 2].

    Returns:
      [n, R, 8]: slopes along x, slopes along y, first corner, value at the first
      corner. (The value at the origin would lose precision in float32 if a steep
      triangle is far from it.) A triangle without area covers no pixel; its slopes
      are 0, with a finite gradient.
    """
    first, second = corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0]
    to_first, to_second = values[:, :, 1] - values[:, :, 0], values[:, :, 2] - values[:, :, 0]
    area = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    # Areas near 0 are replaced by 1, so that no gradient passes through a division by zero.
    flat = tf.abs(area) < 1e-6
    inverse = tf.where(flat, tf.zeros_like(area), 1.0 / tf.where(flat, tf.ones_like(area), area))[..., tf.newaxis]
    along_x = (to_first * second[..., 1:] - to_second * first[..., 1:]) * inverse
    along_y = (to_second * first[..., :1] - to_first * second[..., :1]) * inverse
    return tf.concat([along_x, along_y, corners[:, :, 0], values[:, :, 0]], axis=-1)


def sample(image: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Samples an image bilinearly at p0 + offset, Eq. (15).

    Positions outside the image take the value at its border.

    Args:
      image: [n, N, N, c] float; N and c static.
      offset: [n, N, N, 2] float, (x, y) in pixels.

    Returns:
      [n, N, N, c].
    """
    size, channels = image.shape[1], image.shape[-1]
    position = tf.clip_by_value(pixel_grid(size, offset.dtype) + offset, 0.0, size - 1.0)
    corner = tf.clip_by_value(tf.floor(position), 0.0, size - 2.0)
    # The gradient treats the corner as a constant, but not the fraction. The
    # gradient with respect to the offset is thus the slope between the pixels.
    corner = tf.stop_gradient(corner)
    fraction = position - corner
    # int64: TensorFlow computes int32 in host memory even with a GPU, and there is one index per pixel.
    index = tf.reshape(tf.cast(corner[..., 1] * size + corner[..., 0], tf.int64), (-1, size * size))
    pixels = tf.reshape(image, (-1, size * size, channels))
    right, down = tf.unstack(tf.reshape(fraction, (-1, size * size, 2)), axis=-1)
    left, up = 1.0 - right, 1.0 - down
    neighbors = ((0, up * left), (1, up * right), (size, down * left), (size + 1, down * right))
    weighed = [tf.gather(pixels, index + step, batch_dims=1) * weight[..., tf.newaxis] for step, weight in neighbors]
    return tf.reshape(tf.add_n(weighed), (-1, size, size, channels))


def sample_in_one_pass(image: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Does what ``sample`` does; on a CPU, XLA computes each pixel in one pass, in a third of the time.

    Only the forward pass: XLA's gradient scatters one value after the other, so the gradient is that of ``sample``.

    Args:
      image: as for ``sample``.
      offset: as for ``sample``.

    Returns:
      As ``sample``, up to rounding.
    """
    compiled = None if has_gpu() else _compiled_sample()
    if compiled is None:
        return sample(image, offset)

    @tf.custom_gradient
    def with_plain_gradient(image: tf.Tensor, offset: tf.Tensor) -> Any:
        def gradient(upstream: tf.Tensor) -> Any:
            with tf.GradientTape() as tape:
                tape.watch((image, offset))
                sampled = sample(image, offset)
            return tape.gradient(sampled, (image, offset), upstream)

        # Under two tapes, a compiled function would also return all that its own gradient needs.
        return compiled(tf.stop_gradient(image), tf.stop_gradient(offset)), gradient

    return with_plain_gradient(image, offset)


@functools.cache
def _compiled_sample() -> Optional[Callable[[tf.Tensor, tf.Tensor], tf.Tensor]]:
    """``sample`` compiled by XLA; None where this TensorFlow has no XLA for CPUs."""
    # XLA announces the first compilation of a process on stderr: here, of nothing.
    with quiet_stderr(), tf.init_scope():
        try:
            tf.function(tf.identity, jit_compile=True)(0.0)
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
            return None
    return tf.function(sample, jit_compile=True)


def warp(images: tf.Tensor, source: Faces, target: Faces) -> tf.Tensor:
    """Warps images of the source to the geometry of the target, Eq. (12) to (15): sampled at ``dense_offset``.

    Args:
      images: [n, N, N, c] float; N and c static.
      source: Faces; only vertices are used.
      target: the same number of Faces; only vertices, triangles and triangle maps are used.

    Returns:
      [n, N, N, c].
    """
    return sample_in_one_pass(
        images, dense_offset(source.vertices, target.vertices, target.triangles, target.triangle_map)
    )
