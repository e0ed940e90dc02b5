"""The few-sample experiment: traces of a rare type on live faces of other people, as steps between two trainings."""

import os

from phystd_tf.experiments.embedded_faces import preparation
from phystd_tf.experiments.experiment import Experiment, files_of
from phystd_tf.experiments.step import Step


def prepared_folder(name: str, out: str) -> str:
    """The prepared folder of an experiment that has its own faces; ``name`` is the name of the experiment."""
    return os.path.join(out, *name.split("/"), "prepared")


def synthesized_faces(name: str, base: Experiment, spoof_type: str, images: int, out: str) -> list[Step]:
    """The steps that synthesize spoofs with the run of one experiment, as training faces of another.

    Args:
      name: name of the other experiment.
      base: experiment whose run gives the traces; its train and dev faces, by its protocol, are copied.
      spoof_type: type whose traces are taken.
      images: number of new spoofs.
      out: the output folder.

    Returns:
      A step that synthesizes and a step that prepares.
    """
    prepared = prepared_folder(name, out)
    faces = os.path.join(os.path.dirname(prepared), "faces")
    synthesize = Step(
        f"{name}/synthesize", "synthesize",
        (
            f"--run={files_of(base, out).run}", f"--data={base.data}", f"--out={faces}", f"--types={spoof_type}",
            f"--count={images}", f"--seed={base.seed}", "--originals=train,dev",
        ),
        (os.path.join(faces, "provenance.csv"),), (f"{base.name}/train",), "synthesize", images,
        accepts=(0, 1),  # 1: fewer images, since too many pairs were refused
    )  # fmt: skip
    return [synthesize, preparation(f"{name}/prepare", faces, prepared, synthesize.key, images)]
