"""The named quantities that travel between the parts of PhySTD.

Conventions of the whole project, stated here once:

* Images are RGB, float32 in [0, 1], channels last: ``[batch, height, width, 3]``.
* A position is (x, y) in pixels: x grows to the right, y downwards, and the
  center of the top-left pixel is (0, 0). An N x N image covers [-0.5, N - 0.5].
* Label 1 is live (bona fide), label 0 is spoof.
* A score is a liveness score: higher means more live, and a face is called
  live when ``score >= threshold``.

NamedTuples are used because they pass through ``tf.function`` unchanged. This
module does not import TensorFlow, so that programs start quickly.
"""

from typing import Any, NamedTuple

# An alias, so that annotations stay readable without importing TensorFlow.
Tensor = Any


class Traces(NamedTuple):
    """The disentangled spoof trace of a face, Sec. 3.1.

    Attributes:
      B: [n, N, N, 3] float32, low-frequency additive trace, in [-1, 1].
      C: [n, N, N, 3] float32, mid-frequency additive trace, in [-1, 1].
      T: [n, N, N, 3] float32, high-frequency additive trace, in [-1, 1].
      P: [n, N, N, 1] float32, inpainting region, in [0, 1], 1 = inpainted.
      I_P: [n, N, N, 3] float32, inpainting content, RGB in [0, 1].
    """

    B: Tensor
    C: Tensor
    T: Tensor
    P: Tensor
    I_P: Tensor


class LiveHierarchy(NamedTuple):
    """Live reconstructions at three levels of detail, Eq. (11).

    Attributes:
      low: [n, N, N, 3] float32, from the low band and B.
      mid: [n, N, N, 3] float32, from the low and mid band, B and C.
      high: [n, N, N, 3] float32, from the whole image and B, C, T.
    """

    low: Tensor
    mid: Tensor
    high: Tensor


class GeneratorOutput(NamedTuple):
    """Output of the generator for a batch of faces, Fig. 4.

    Attributes:
      depth: [n, K, K, 1] float32, pseudo depth map M in [0, 1].
      traces: Traces.
    """

    depth: Tensor
    traces: Traces


class Faces(NamedTuple):
    """Prepared faces of one class, as training sees them.

    Attributes:
      image: [n, N, N, 3] float32, RGB in [0, 1].
      vertices: [n, Q, 2] float32, the (x, y) of the Q = 140 vertices, Eq. (13).
      depth: [n, K, K, 1] float32, M0 in [0, 1]; zero for spoof.
      preliminary_mask: [n, N, N, 1] float32, P0; 1 = must not be inpainted.
      triangles: [n, R, 3] int32, triangles over the Q vertices followed by the
        border anchors; rows that are not used are zero.
      triangle_map: [n, N, N] int32, for each pixel the row of ``triangles``
        that covers it.
    """

    image: Tensor
    vertices: Tensor
    depth: Tensor
    preliminary_mask: Tensor
    triangles: Tensor
    triangle_map: Tensor


class Batch(NamedTuple):
    """A balanced mini-batch, Sec. 3.5: as many live faces as spoof faces.

    Attributes:
      live: Faces.
      spoof: Faces.
    """

    live: Faces
    spoof: Faces
