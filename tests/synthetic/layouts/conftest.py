"""Rendered copies of real datasets."""

import pytest

from phystd_tf.synthetic import dataset
from phystd_tf.synthetic.layouts import oulu
from tests.synthetic.layouts.copies import COPIES, copy_recipe


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Layout -> root of one small copy; OULU-NPU has a single phone to save time."""
    roots = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oulu, "PHONES", (4,))
        for layout in COPIES:
            roots[layout] = str(tmp_path_factory.mktemp(layout) / "set")
            few = {"subjects": 2} if layout.startswith("siw") else {}
            dataset.make_dataset(roots[layout], copy_recipe(layout, truth="camera", **few))
    return roots
