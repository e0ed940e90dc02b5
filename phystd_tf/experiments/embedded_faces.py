"""The rendered faces that models of the demo and the study are trained and tested on, as steps of a plan.

Training and test faces have separate seeds, so that all models are tested on the same people, whatever they were
trained on. Nothing is tuned on these people: experiments use another ``TEST_SEED``.
"""

import os

from phystd_tf.experiments.experiment import FaceCounts
from phystd_tf.experiments.step import Step

TEST_SEED = 4040
TEST_SUBJECTS = 40
# Many people with few pictures each are better than the reverse (docs/experiments.md).
_DEV_SHARE = 0.15
_LIVE, _LIVE_TEST, _TYPES = 6, 4, 13  # pictures per person


def training_faces(out: str, subjects: int, seed: int, name: str = "faces") -> list[Step]:
    """Faces of train and dev: six live pictures and one of each spoof type per person.

    Args:
      out: the output folder.
      subjects: number of people.
      seed: seed of the people.
      name: name of the folder of the faces; with "prepared" instead of "faces", that of the prepared folder.

    Returns:
      The steps that render and prepare them.
    """
    more = (f"--dev_share={_DEV_SHARE}", "--test_share=0", f"--live_clips_per_subject={_LIVE}", "--truth=none")
    return _steps(out, name, subjects, seed, more, _LIVE)


def test_faces(out: str, subjects: int = TEST_SUBJECTS) -> list[Step]:
    """The fixed test faces with their truth: four live pictures and one of each spoof type per person."""
    more = ("--dev_share=0", "--test_share=1", f"--live_clips_per_subject={_LIVE_TEST}", "--truth=camera")
    return _steps(out, "test_faces", subjects, TEST_SEED, more, _LIVE_TEST)


def face_counts(subjects: int, test_subjects: int = TEST_SUBJECTS) -> FaceCounts:
    """How many faces a model is scored on, in dev and test, for numbers of people as in the functions above."""
    dev_subjects = max(1, round(_DEV_SHARE * subjects))
    return FaceCounts(dev_subjects * (_LIVE + _TYPES), test_subjects * (_LIVE_TEST + _TYPES))


def prepared_folder(out: str, name: str = "faces") -> str:
    """The prepared folder of the faces; ``name`` as in ``training_faces``."""
    return os.path.join(out, name.replace("faces", "prepared"))


def _steps(out: str, name: str, subjects: int, seed: int, more: tuple[str, ...], live: int) -> list[Step]:
    faces, prepared = os.path.join(out, name), prepared_folder(out, name)
    frames = subjects * (live + _TYPES)
    render = Step(
        f"{name}/render", "make_synthetic",
        (
            f"--out={faces}", f"--subjects={subjects}", f"--seed={seed}", "--clips_per_subject=1",
            "--frames_per_clip=1", *more,
        ),
        (os.path.join(faces, "synthetic.json"),), kind="make_synthetic", work=frames,
    )  # fmt: skip
    return [render, preparation(f"{name}/prepare", faces, prepared, render.key, frames)]


def preparation(key: str, faces: str, prepared: str, needs: str, frames: int) -> Step:
    """The step that prepares a folder of faces for the preset small.

    Args:
      key: key of the step.
      faces: the folder.
      prepared: the prepared folder.
      needs: key of the step that makes the faces.
      frames: number of frames.
    """
    return Step(
        key, "prepare",
        ("--dataset=folder", f"--root={faces}", f"--out={prepared}", "--image_size=128", "--map_sizes=128"),
        (os.path.join(prepared, "manifest.csv"),), (needs,), "prepare", frames,
        accepts=(0, 1),  # 1: a few faces were not found, and are listed
    )  # fmt: skip
