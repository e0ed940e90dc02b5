import pytest


@pytest.fixture
def put(tmp_path):
    """Writes empty files below a folder: ``put(path, ..., below="name")``, and returns the folder."""

    def write(*paths, below="set", content=b""):
        root = tmp_path / below
        root.mkdir(parents=True, exist_ok=True)
        made = set()
        for path in paths:
            file = root / path
            if file.parent not in made:
                file.parent.mkdir(parents=True, exist_ok=True)
                made.add(file.parent)
            file.write_bytes(content)
        return str(root)

    return write


@pytest.fixture
def notes_of():
    """The notes of a listing as one text."""
    return lambda listing: "\n".join(listing.notes)
