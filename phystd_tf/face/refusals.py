"""Why a face cannot be used."""

from typing import Optional

from phystd_tf.errors import PhystdError
from phystd_tf.face.detection import Box


class AlignmentError(PhystdError):
    """A face cannot be used.

    Attributes:
      status: the reason in one word, for the manifest.
      box: Box of the face in pixels of the image; None where no face was detected.
    """

    status = "failed"
    box: Optional[Box] = None


class NoFaceError(AlignmentError):
    """No face was found."""

    status = "no_face"


class LowQualityError(AlignmentError):
    """A face was found, but its mesh is not plausible."""

    status = "low_quality"


class FaceTooSmallError(AlignmentError):
    """The face has too few pixels."""

    status = "too_small"
