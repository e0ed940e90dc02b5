"""Every command line and every Python snippet of README and docs runs; docs/datasets.md in test_datasets_end_to_end."""

import re
import shutil

import matplotlib.cbook
import pytest

from tests.documents import DOCUMENTS, ROOT, Snippet, run, snippets

# They make environments and run everything. Continuous integration starts one; the program of the demo runs below.
INSTALLERS = ("bash tools/demo.sh", "bash tools/test.sh", "pip install -e .[face,report]")
# In the order in which they build on each other.
ORDER = (
    "README.md",
    "commands.md",
    "python.md",
    "serving.md",
    "embedded.md",
    "results.md",
    "reproduction.md",
    "experiments.md",
    "pitfalls.md",
    "CONTRIBUTING.md",
)
PROSE = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("protocols/*.md")])
PITFALLS = ROOT / "docs" / "pitfalls.md"
SNIPPETS = [
    snippet
    for name in ORDER
    for document in DOCUMENTS
    if document.name == name
    for snippet in sorted(snippets(document), key=lambda snippet: snippet.language)  # bash makes what Python uses
    if snippet.text not in INSTALLERS
]


def _made(work, arguments):
    done = run(Snippet("", "", "bash", f"python -m tools.make_synthetic {arguments}"), work)
    assert "Traceback" not in done.stderr


class _Workshop:
    """A folder with all that the documents assume, in which each snippet runs once."""

    def __init__(self, work):
        self.work, self._done = work, {}
        _made(work, "--out=my_faces --subjects=6 --clips_per_subject=1 --live_clips_per_subject=1 --types=print,replay")
        with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
            shutil.copy(file.name, work / "photo.jpg")
        for part in ("dev", "test"):  # scores of another system, as docs/commands.md describes them
            rows = [f"{part}{i}_live,{f},{part}{i},,0,{0.1 + i / 10 + f / 100}" for i in range(3) for f in (0, 5)]
            rows += [f"{part}{i}_print,0,{part}{i},printed photo,1,{0.9 - i / 10}" for i in range(3)]
            text = "\n".join(["video_id,frame_no,user,attack,label,prob", *rows, ""])
            (work / f"other_{part}.csv").write_text(text, encoding="utf-8")
        (work / "photos").mkdir()
        shutil.copy(work / "photo.jpg", work / "photos")

    def run(self, snippet):
        if snippet.text not in self._done:
            if "tools.study" in snippet.text:  # the same people as in the demo; finished work is kept
                for made in ("faces", "prepared"):
                    shutil.copytree(self.work / "demo_output" / made, self.work / "study" / f"long_{made}")
                    shutil.copytree(self.work / "demo_output" / f"test_{made}", self.work / "study" / f"test_{made}")
            self._done[snippet.text] = run(snippet, self.work)
        return self._done[snippet.text]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return _Workshop(tmp_path_factory.mktemp("documents"))


def test_all_documents_are_looked_at():
    assert {document.name for document in DOCUMENTS} == {*ORDER, "datasets.md", "performance.md"}
    assert len(SNIPPETS) > 25 and sum(snippet.language == "python" for snippet in SNIPPETS) >= 4


@pytest.mark.parametrize("index", range(len(SNIPPETS)), ids=lambda index: SNIPPETS[index].text.splitlines()[0][:60])
def test_a_snippet_runs(workshop, index):
    for earlier in SNIPPETS[:index]:  # those that already ran cost nothing
        workshop.run(earlier)
    done = workshop.run(SNIPPETS[index])
    if "print(" in SNIPPETS[index].text:
        assert done.stdout.strip()


def test_links_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_each_pitfall_has_tests():
    entries = re.findall(r"^\*\*.+?(?=^\*\*|^## |\Z)", PITFALLS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(entries) > 25
    for entry in entries:
        tests = re.findall(r"`([\w/]+\.py)::(test_\w+)`", entry)
        assert tests, entry
        for path, name in tests:
            assert f"def {name}(" in (ROOT / "tests" / path).read_text(encoding="utf-8"), f"{path} has no {name}"


def test_the_readme_is_short_and_has_the_two_commands():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    assert {"bash tools/demo.sh", "bash tools/test.sh"} <= {line.partition("  #")[0].strip() for line in lines}


@pytest.mark.parametrize("document", PROSE, ids=lambda path: path.name)
def test_prose_has_lines_of_less_than_120_characters(document):
    code, long = False, []
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), start=1):
        code ^= line.lstrip().startswith("```")
        if len(line) >= 120 and not code and not line.startswith("|"):
            long.append(number)
    assert not long
