import cv2
import matplotlib.cbook
import numpy as np
import pytest
import skimage.data

from tests.data.photographs import save


@pytest.fixture(scope="module")
def photographs():
    """Two public-domain portraits, RGB."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        hopper = cv2.imread(file.name)[..., ::-1]
    return {"hopper": cv2.resize(hopper, None, fx=0.5, fy=0.5), "astronaut": skimage.data.astronaut()[:256, 96:352]}


@pytest.fixture
def root(tmp_path, photographs):
    """Six people: live, print and replay of each; one photograph shows nobody, one is not a photograph."""
    root = tmp_path / "photographs"
    for person in range(6):
        image = photographs["hopper" if person % 2 else "astronaut"]
        save(root / "live" / f"p{person}" / "1.png", image)
        save(root / "spoof" / "print" / f"p{person}" / "1.png", image // 2 + 64)
    save(root / "live" / "p0" / "empty.png", np.zeros((100, 100, 3), np.uint8))
    (root / "spoof" / "print" / "p1" / "text.jpg").write_text("no photograph")
    return root
