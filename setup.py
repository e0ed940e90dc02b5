"""Installs phystd_tf; `pip install -e .[face,report]` is what most people want."""

import pathlib
import re

from setuptools import find_packages, setup

# OpenCV comes twice: opencv-python for us, opencv-contrib-python for mediapipe.
# Both install the same folder, so both must be the same version.
OPENCV = "4.10.0.84"

ONNX = [
    "tf2onnx>=1.16.1,<1.17",  # TensorFlow to ONNX
    "onnx>=1.17,<1.18",  # wanted by tf2onnx; later ones need protobuf 4; see SECURITY.md
    "onnxruntime>=1.16,<2",  # checks what was written
]
SCIKIT_LEARN = "scikit-learn>=1.2,<2"
BASELINES = [
    SCIKIT_LEARN,  # the support vector machine of LBP+SVM; in tests another route to the metrics
    "scikit-image>=0.19,<1",  # its local binary patterns; in tests a public-domain photograph
]

BEAM = [
    "apache-beam>=2.60,<3",  # preparation on clusters of Flink, Spark or Dataflow; 2.69 is the last for Python 3.9
]

VERBS = (
    "prepare",
    "train",
    "score",
    "evaluate",
    "protocols",
    "classify_media",
    "predict",
    "disentangle",
    "synthesize",
    "export",
    "report",
    "demo",
    "study",
    "reproduce",
    "draw",
    "make_synthetic",
    "benchmark",
    "measure_faces",
    "build_morphable_model",
)

# Packages next to phystd_tf/, where people look for them; they are installed within it.
ELSEWHERE = {"phystd_tf.tools": "tools", "phystd_tf.protocols.published": "protocols"}

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'^__version__ = "(.+)"$', (HERE / "phystd_tf" / "__init__.py").read_text("utf-8"), re.MULTILINE)[1]

setup(
    name="phystd_tf",
    version=VERSION,
    description="PhySTD, physics-guided spoof trace disentanglement for face anti-spoofing, in TensorFlow 2",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.9,<3.12",
    # One name in site-packages: folders called tools and protocols are everywhere.
    packages=[*find_packages(include=["phystd_tf", "phystd_tf.*"]), *ELSEWHERE],
    package_dir=ELSEWHERE,
    package_data={
        "phystd_tf": ["py.typed"],
        "phystd_tf.face": ["assets/*.npz"],
        "phystd_tf.report": ["assets/*.j2", "assets/*.js", "assets/*.css"],
        "phystd_tf.tables": ["assets/*.j2"],
        "phystd_tf.protocols.published": ["*.json"],
    },
    install_requires=[
        "tensorflow>=2.15.1,<2.16",  # Keras 2; tensorflow-addons does not import under Keras 3
        "tensorflow-addons==0.23.0",  # spectral normalization; its last release
        "numpy>=1.23.5,<2",  # arrays; TensorFlow 2.15 needs NumPy 1
        "scipy>=1.9,<2",  # Delaunay triangulation
        "pandas>=1.5,<4",  # score files
        f"opencv-python=={OPENCV}",  # drawing and resizing
        "pillow>=10.3,<14",  # photographs: finds damage, knows EXIF; see SECURITY.md
        "av>=15,<19",  # videos, and which of their frames are damaged; its wheels have FFmpeg under the GPL
        "simplejpeg>=1.7,<2",  # tells where a JPEG is damaged, which Pillow and OpenCV do not
        "threadpoolctl>=3,<4",  # keeps small linear algebra in one thread
        "absl-py>=1.4,<3",  # programs and their flags
        "tqdm>=4.66.3,<5",  # progress bars
        "filelock>=3.12,<4",  # one program at a time in an output folder
        "tabulate>=0.9,<1",  # text tables
    ],
    extras_require={
        "face": [
            "mediapipe==0.10.9",  # detector and mesh with their weights inside; later ones lack them or need jax
            f"opencv-contrib-python=={OPENCV}",  # wanted by mediapipe; see OPENCV
            "protobuf>=3.20.3,<4",  # mediapipe 0.10.9 needs protobuf 3, TensorFlow 2.15 at least 3.20.3
        ],
        "report": [
            "jinja2>=3.1.6,<4",  # HTML reports; see SECURITY.md
        ],
        "figures": [
            "matplotlib>=3.6,<4",  # figures for print
            SCIKIT_LEARN,  # t-SNE
        ],
        "baselines": BASELINES,
        "onnx": ONNX,
        "beam": BEAM,
        "test": [
            *BEAM,
            *BASELINES,
            *ONNX,
            "pytest>=7,<10",
            "pytest-xdist>=3.7,<4",  # both cores, the longest tests first
            "selenium>=4.18,<5",  # drives Debian's chromium, to test the HTML report
            "hypothesis>=6,<7",  # random inputs for metrics
            "matplotlib>=3.6,<4",  # brings another
            "ruff>=0.4,<1",  # formatter and linter
            "mypy>=1.8,<2",  # type checker
        ],
        "gpu": [
            "tensorflow[and-cuda]>=2.15.1,<2.16",  # the same TensorFlow with the CUDA libraries
        ],
    },
    entry_points={
        "console_scripts": [f"phystd-{verb.replace('_', '-')} = phystd_tf.tools.{verb}:run" for verb in VERBS]
    },
)
