"""The command lines and the Python snippets of README and docs, and how they are run on tiny data."""

import re
import shlex
from typing import NamedTuple

from tests import program

ROOT = program.ROOT
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# Small enough for a test: four channels everywhere.
WIDTHS = (
    "stem_channels=4", "encoder_channels=[4,4,4]", "decoder_stem_channels=4", "decoder_channels=[4,4,4]",
    "depth_channels=4", "discriminator_channels=[4,4,4,4]", "discriminator_strides=[2,2,2,1]", "convs_per_block=1",
    "batch_size=4",
)  # fmt: skip
# The size of the preset small, whatever the command says.
SIZES = ("image_size=128", "n1=16", "n2=64", "depth_size=16", "discriminator_sizes=[16,48,128,128]")
_SETS = [f"--set={text}" for text in (*WIDTHS, *SIZES)]
_SHORTER = {
    "prepare": ["--frame_step=1", "--image_size=128", "--map_sizes=128"],
    "train": ["--iterations=2", "--steps_per_epoch=2", *_SETS],
    "make_synthetic": ["--size=160", "--frames_per_clip=1", "--sheet_subjects=2"],
    "demo": ["--subjects=6", "--test_subjects=3", "--iterations=1", *_SETS],
    "study": [
        "--parts=long",
        "--seeds=0",
        "--long_subjects=6",
        "--test_subjects=3",
        "--jobs=1",
        "--long_iterations=1",
        *_SETS,
    ],
    "reproduce": ["--preset=small", "--iterations=1", "--systems=auxiliary", *_SETS],
    "benchmark": ["--rounds=1", "--systems=auxiliary"],
}


class Snippet(NamedTuple):
    """A line of a ``bash`` block, or a whole ``python`` block."""

    document: str
    section: str
    language: str
    text: str


def snippets(document):
    """All snippets of a document, in order."""
    found, section = [], ""
    text = document.read_text(encoding="utf-8")
    for match in re.finditer(r"^#+ (?P<title>[^\n]+)$|^```(?P<language>\w*)\n(?P<body>.*?)^```$", text, re.M | re.S):
        if match["title"]:
            section = match["title"]
        elif match["language"] == "bash":
            lines = [line.partition("  #")[0].strip() for line in match["body"].splitlines()]
            found += [Snippet(document.name, section, "bash", line) for line in lines if line]
        elif match["language"] == "python":
            found.append(Snippet(document.name, section, "python", match["body"]))
    return found


def run(snippet, work, *more):
    """Runs a snippet in the folder ``work``; programs get options that make them short, a training also ``more``."""
    if snippet.language == "python":
        done = program.run_code(snippet.text, work)
    else:
        python, dash_m, module, *arguments = shlex.split(snippet.text)
        assert (python, dash_m) == ("python", "-m") and module.startswith("tools."), snippet.text
        verb = module.partition(".")[2]
        arguments += [*_SHORTER.get(verb, []), *(more if verb == "train" else ())]
        done = program.run(module, arguments, work)
    # Some frames may have no usable face, which is code 1.
    some_may_fail = "tools.prepare" in snippet.text or "--input=demo_output/examples" in snippet.text
    assert done.code in ((0, 1) if some_may_fail else (0,)), done.output
    assert "Traceback" not in done.stderr
    return done
