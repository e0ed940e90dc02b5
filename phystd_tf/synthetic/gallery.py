"""A user's own photographs of live people, which can replace rendered people."""

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from typing import Callable, NamedTuple

import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.morphable_model import default_model
from phystd_tf.face.refusals import AlignmentError
from phystd_tf.files.names import printable
from phystd_tf.synthetic.photograph import Photograph, prepare

PHOTOGRAPHS = "photographs.csv"
COLUMNS = ("photograph", "person", "subject", "status", "reason")


class PhotographedPerson(NamedTuple):
    """A person with photographs. In a dataset, each photographed person is one subject.

    Attributes:
      name: name of the folder or the file.
      photographs: the photographs, at least one.
    """

    name: str
    photographs: tuple[Photograph, ...]


class PhotographRow(NamedTuple):
    """The outcome for one photograph.

    Attributes:
      photograph: path below the root of the gallery.
      person: name of the person.
      status: "ok", "unreadable", or the status of an ``AlignmentError``.
      reason: explanation, empty if the status is "ok".
    """

    photograph: str
    person: str
    status: str
    reason: str


class Gallery(NamedTuple):
    """All photographed people.

    Attributes:
      people: those with a usable face, sorted by name.
      rows: one per photograph.
      fingerprint: hash of the pixels and names of the usable photographs.
    """

    people: tuple[PhotographedPerson, ...]
    rows: tuple[PhotographRow, ...]
    fingerprint: str

    def report(self, subjects: Sequence[str]) -> str:
        """The rows as CSV text.

        Args:
          subjects: names of the subjects in the dataset, in the order of ``people``; may be fewer than ``people``.
        """
        names = {person.name: subject for person, subject in zip(self.people, subjects)}
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in self.rows:
            subject = names.get(row.person, "") if row.status == "ok" else ""
            writer.writerow((row.photograph, row.person, subject, row.status, row.reason))
        return file.getvalue()


def open_gallery(root: str, paths: Sequence[str], read: Callable[[str], np.ndarray], size: int) -> Gallery:
    """Finds the faces in photographs. Photographs that are unreadable or have no usable face are only reported as rows.

    Args:
      root: folder. Each folder in it is one person, and so is each photograph directly in it.
      paths: paths of the photographs below ``root``.
      read: reads a photograph as [H, W, 3] uint8 RGB, or raises PhystdError.
      size: side of the frames that will be made, pixels.

    Raises:
      PhystdError: if no photograph can be used.
    """
    model = default_model()
    found: dict[str, list[Photograph]] = {}
    rows, digest = [], hashlib.sha256()
    with FaceAligner() as aligner:
        for path in sorted(paths):
            name = printable(os.path.relpath(path, root).replace(os.sep, "/"))
            person = name.split("/")[0]
            try:
                image = read(path)
                photograph = prepare(image, aligner.align(image).points, size, model)
            except AlignmentError as error:
                rows.append(PhotographRow(name, person, error.status, printable(str(error))))
                continue
            except PhystdError as error:
                rows.append(PhotographRow(name, person, "unreadable", printable(str(error))))
                continue
            rows.append(PhotographRow(name, person, "ok", ""))
            found.setdefault(person, []).append(photograph)
            digest.update(f"{name} {image.shape}".encode())
            digest.update(np.ascontiguousarray(image).tobytes())
    if not found:
        raise PhystdError(f"{root}: none of {len(rows)} photographs shows a usable face")
    people = tuple(PhotographedPerson(name, tuple(photographs)) for name, photographs in sorted(found.items()))
    return Gallery(people, tuple(rows), digest.hexdigest())
