"""A user's own photographs of live people, in place of rendered ones."""

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from typing import Callable, NamedTuple

import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.face.alignment import AlignmentError, FaceAligner
from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic.photograph import Photograph, prepare

PHOTOGRAPHS = "photographs.csv"
COLUMNS = ("photograph", "person", "subject", "status", "reason")


class Person(NamedTuple):
    """Somebody of whom there are photographs.

    Attributes:
      name: of the folder or the file.
      photographs: at least one.
    """

    name: str
    photographs: tuple[Photograph, ...]


class Row(NamedTuple):
    """What became of a photograph: ``status`` is "ok", "unreadable" or that of an ``AlignmentError``."""

    photograph: str
    person: str
    status: str
    reason: str


class Gallery(NamedTuple):
    """All people.

    Attributes:
      people: those with a face that can be used, by name.
      rows: all photographs.
      fingerprint: of the photographs' pixels and names; empty for no gallery.
    """

    people: tuple[Person, ...]
    rows: tuple[Row, ...]
    fingerprint: str

    def report(self, subjects: Sequence[str]) -> str:
        """The rows as CSV.

        Args:
          subjects: names of the people in the dataset, in their order; may be fewer than there are people.
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
    """Finds the faces. Photographs without one, or that cannot be read, become rows and are left out.

    Args:
      root: folder. A folder in it is a person, a photograph directly in it too.
      paths: of the photographs below ``root``.
      read: gives a photograph as [H, W, 3] uint8 RGB, or raises PhystdError.
      size: of the frames to be made, pixels.

    Raises:
      PhystdError: if no photograph can be used.
    """
    model = default_model()
    found: dict[str, list[Photograph]] = {}
    rows, digest = [], hashlib.sha256()
    with FaceAligner() as aligner:
        for path in sorted(paths):
            name = os.path.relpath(path, root).replace(os.sep, "/")
            person = name.split("/")[0]
            try:
                image = read(path)
                photograph = prepare(image, aligner.align(image).points, size, model)
            except AlignmentError as error:
                rows.append(Row(name, person, error.status, str(error)))
                continue
            except PhystdError as error:
                rows.append(Row(name, person, "unreadable", str(error)))
                continue
            rows.append(Row(name, person, "ok", ""))
            found.setdefault(person, []).append(photograph)
            digest.update(f"{name} {image.shape}".encode())
            digest.update(np.ascontiguousarray(image).tobytes())
    if not found:
        raise PhystdError(f"{root}: none of {len(rows)} photographs shows a face that can be used")
    people = tuple(Person(name, tuple(photographs)) for name, photographs in sorted(found.items()))
    return Gallery(people, tuple(rows), digest.hexdigest())
