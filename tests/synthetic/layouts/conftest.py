"""Rendered copies of real datasets."""

import pytest

from tests.synthetic.layouts.copies import make_copies


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Layout -> root of one small copy."""
    return make_copies(tmp_path_factory, "camera")
