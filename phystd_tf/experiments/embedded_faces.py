"""The rendered faces that the demo and the study train and are measured on, as steps of a plan.

Training faces and test faces are rendered from seeds of their own, so that all models, whatever they were trained on,
are measured on the same people, and nothing is tuned on them: experiments use another ``TEST_SEED``.
"""

import os

from phystd_tf.experiments.step import Step

TEST_SEED = 4040
TEST_SUBJECTS = 40
# Many people with few pictures each teach more than the reverse (docs: what was tried).
_DEV_SHARE = 0.15
_LIVE, _LIVE_TEST, _TYPES = 6, 4, 13  # pictures of a person


def training_faces(out: str, subjects: int, seed: int, name: str = "faces") -> list[Step]:
    """Faces of train and dev: of each person six live pictures and one of each spoof type.

    Args:
      out: the output folder.
      subjects: people.
      seed: of the people.
      name: of the folder of the faces; "faces" stands for "prepared" in that of the prepared ones.

    Returns:
      The steps that render and prepare them.
    """
    more = (f"--dev_share={_DEV_SHARE}", "--test_share=0", f"--live_clips_per_subject={_LIVE}", "--truth=none")
    return _steps(out, name, subjects, seed, more, _LIVE)


def test_faces(out: str, subjects: int = TEST_SUBJECTS) -> list[Step]:
    """The fixed test faces with their truth: of each person four live pictures and one of each spoof type."""
    more = ("--dev_share=0", "--test_share=1", f"--live_clips_per_subject={_LIVE_TEST}", "--truth=camera")
    return _steps(out, "test_faces", subjects, TEST_SEED, more, _LIVE_TEST)


def prepared_folder(out: str, name: str = "faces") -> str:
    """Where the prepared faces are, for the ``name`` that their steps have."""
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
      key: of the step.
      faces: the folder.
      prepared: the prepared folder.
      needs: key of the step that makes the faces.
      frames: number of them.
    """
    return Step(
        key, "prepare",
        ("--dataset=folder", f"--root={faces}", f"--out={prepared}", "--image_size=128", "--map_sizes=128"),
        (os.path.join(prepared, "manifest.csv"),), (needs,), "prepare", frames,
        accepts=(0, 1),  # a few faces are not found, and listed
    )  # fmt: skip
