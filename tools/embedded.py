"""The embedded faces that the demo and the study train and are measured on, as arguments of tools.make_synthetic.

Training faces and test faces are rendered from seeds of their own, so that all models, whatever they were trained on,
are measured on the same people, and nothing is tuned on them: experiments use another ``TEST_SEED``.
"""

TEST_SEED = 4040
TEST_SUBJECTS = 40
# Many people with few pictures each teach more than the reverse (docs: what was tried).
_DEV_SHARE = 0.15


def training_faces(out: str, subjects: int, seed: int) -> list[str]:
    """For faces of train and dev: of each person six live pictures and one of each spoof type."""
    return [
        f"--out={out}", f"--subjects={subjects}", f"--seed={seed}", f"--dev_share={_DEV_SHARE}", "--test_share=0",
        "--clips_per_subject=1", "--live_clips_per_subject=6", "--frames_per_clip=1", "--truth=none",
    ]  # fmt: skip


def test_faces(out: str, subjects: int = TEST_SUBJECTS) -> list[str]:
    """For the fixed test faces with their truth: of each person four live pictures and one of each spoof type."""
    return [
        f"--out={out}", f"--subjects={subjects}", f"--seed={TEST_SEED}", "--dev_share=0", "--test_share=1",
        "--clips_per_subject=1", "--live_clips_per_subject=4", "--frames_per_clip=1", "--truth=camera",
    ]  # fmt: skip


def preparation(faces: str, out: str) -> list[str]:
    """Arguments of tools.prepare for faces of the preset small."""
    return ["--dataset=folder", f"--root={faces}", f"--out={out}", "--image_size=128", "--map_sizes=128"]
