"""Every number of the paper, in one frozen dataclass.

Each field says where its default comes from: *paper* (with the section),
*figure* (Fig. 4), *predecessor* (the public description of STDN, ECCV 2020) or
*ours* (the paper leaves it open; the reason is a row of the decisions table in
WORKSPACE-notes.md).

A preset or an ablation is a delta: ``dataclasses.replace`` of what differs.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Optional

from phystd_tf.files.atomic import write_text
from phystd_tf.files.json_file import read_json
from phystd_tf.hparam_fields import (
    HParamsError,
    Ints,
    below_1,
    check_limits,
    check_types,
    counts,
    one_of,
    positive,
    probability,
    signed,
)


@dataclasses.dataclass(frozen=True)
class HParams:
    """Hyper-parameters of PhySTD. Defaults are those of the paper."""

    preset: str = "printed"  # name of the preset this was derived from
    ablation: str = "full"  # row of Table 3 this was derived from
    # what is trained: PhySTD, or a system that the paper compares it with (phystd_tf/baselines)
    system: str = one_of("phystd", "stdn", "despoof", "cdcn", "cdcn++", "lbp_svm")
    baseline_width: float = positive(1.0)  # share of the published widths that a baseline has (ours)

    # --- Sizes -------------------------------------------------------------
    image_size: int = positive(256)  # N, paper Sec. 3.2
    n1: int = positive(32)  # size of the low band, paper Sec. 3.1
    n2: int = positive(128)  # size of the low + mid band, paper Sec. 3.1
    depth_size: int = positive(32)  # K, paper Eq. (16)
    num_vertices: int = one_of(140)  # Q, paper Sec. 3.3.1; phystd_tf.face.topology selects them
    gain_mid: float = 15.0  # amplification of I_C, paper Sec. 3.2
    gain_high: float = 25.0  # amplification of I_T, paper Sec. 3.2

    # --- Generator (Fig. 4) ------------------------------------------------
    stem_channels: int = positive(32)  # figure
    encoder_channels: Ints = counts((64, 96, 128), 3)  # channels of F1, F2, F3, paper Sec. 3.2
    convs_per_block: int = positive(3)  # figure
    decoder_stem_channels: int = positive(64)  # figure
    decoder_channels: Ints = counts((32, 32, 32), 3)  # U1, U2, U3, figure
    depth_channels: int = positive(32)  # figure
    attention_kernels: Ints = counts((7, 5, 3, 7), 4)  # for F1, F2, F3, U3, figure
    upsampling: str = one_of("transpose", "bilinear")  # "transpose" (figure) or "bilinear" (ours)
    trace_head_stddev: Optional[float] = None  # None = init_stddev; smaller starts near G(I) = I (ours)
    inpainting_bias: float = signed(0.0)  # initial bias of P before the sigmoid (ours)

    # --- Discriminators (Sec. 3.4) -----------------------------------------
    discriminator_sizes: Ints = counts((32, 96, 256, 256), 4, "sizes")  # D1..D4, paper Sec. 3.4
    discriminator_channels: Ints = counts((32, 64, 96, 128))  # figure
    discriminator_strides: Ints = counts((2, 2, 2, 1))  # figure
    # "image" (paper) or "bands", the amplified bands of the encoder (ours)
    discriminator_input: str = one_of("image", "bands")
    discriminator_norm: str = one_of("batch", "spectral", "none")  # "batch" (figure), "spectral" or "none" (ours)
    # live faces for D1, D2: the low-passed "band", like fakes, or the "image" (ours)
    discriminator_real: str = one_of("band", "image")

    # --- All networks ------------------------------------------------------
    init_stddev: Optional[float] = 0.02  # paper Sec. 4.1; None = He initialization (ours)
    discriminator_init_stddev: Optional[float] = 0.02  # paper Sec. 4.1; None = He initialization (ours)
    leaky_slope: float = 0.2  # ours: the usual slope of PatchGAN
    batch_norm_momentum: float = below_1(0.99)  # ours: Keras' default
    batch_norm_epsilon: float = 1e-3  # ours: Keras' default
    synchronized_batch_norm: bool = False  # over all devices that share a batch (ours); slower, see docs/performance.md
    # Keras policy of the body of the generator: "float32", "mixed_bfloat16" or "mixed_float16" (ours)
    precision: str = one_of("float32", "mixed_bfloat16", "mixed_float16")

    # --- Losses (Sec. 3.5, 4.1) --------------------------------------------
    alpha1: float = 100.0  # L_depth, paper Sec. 4.1
    alpha2: float = 5.0  # L_G, paper Sec. 4.1
    alpha3: float = 1.0  # L_P, paper Sec. 4.1
    alpha4: float = 1e-4  # L_R, paper Sec. 4.1
    alpha5: float = 10.0  # L_S, paper Sec. 4.1
    alpha6: float = 1.0  # L_H, paper Sec. 4.1
    beta: float = 0.1  # threshold of T_A in Eq. (19), paper Sec. 4.1
    lambda_: float = 1.0  # weight of P in L_R, paper Eq. (7) and (20)
    depth_reduction: str = one_of("mean", "sum")  # Eq. (16), (22): "mean" or "sum" over elements (ours)
    adversarial_reduction: str = one_of("mean", "sum")  # Eq. (17), (18) (ours)
    mask_reduction: str = one_of("mean", "sum")  # first term of Eq. (19) (ours)
    regularization_reduction: str = one_of("mean", "sum")  # Eq. (20) (ours)
    synthesis_reduction: str = one_of("mean", "sum")  # Eq. (21) (ours)
    region_reduction: str = one_of("mean", "max")  # |T_A| over channels in Eq. (19): "mean" or "max" (ours)
    # (T_A > beta) counts in the whole "crop", or only where P0 allows it: "allowed" (ours)
    region_within: str = one_of("crop", "allowed")
    regularization_live_weight: float = 1.0  # factor of Eq. (20) on live faces (ours)
    # L_H over the "hard" faces, Eq. (22), or "both" halves of step 3, as in the text (ours)
    harder_depth: str = one_of("hard", "both")
    # P0 according to the "type" of the spoof, or "open" everywhere (ours)
    preliminary_mask: str = one_of("type", "open")
    # updates of G per iteration: "one" on Eq. (23) and (24) together, or "two", one on each (ours)
    generator_updates: str = one_of("one", "two")

    # --- Harder samples (Sec. 3.3) -----------------------------------------
    harder_min_weight: float = probability(0.0)  # paper Sec. 3.3
    harder_max_weight: float = probability(1.0)  # paper Sec. 3.3
    harder_drop_inpainting: float = probability(0.5)  # probability of P = 0, paper Sec. 3.3

    # --- Training (Sec. 4.1) -----------------------------------------------
    batch_size: int = positive(8)  # paper Sec. 4.1: half live, half spoof (Sec. 3.5)
    max_iterations: int = positive(150_000)  # paper Sec. 4.1
    checkpoint_every: int = positive(1000)  # iterations; also for the held-out losses and pictures (ours)
    learning_rate: float = positive(5e-5)  # paper Sec. 4.1
    decay_every: int = positive(45_000)  # paper Sec. 4.1
    decay_ratio: float = positive(10.0)  # paper Sec. 4.1
    discriminator_lr_ratio: float = 0.5  # "by half", paper Sec. 3.5
    discriminator_decay_every: Optional[int] = None  # None = decay_every; 0 = never (ours)
    adam_beta1: float = below_1(0.9)  # predecessor
    adam_beta2: float = below_1(0.999)  # ours: Adam's usual value
    # what is drawn evenly: "clip" (predecessor), "frame", or "type" and then clips (ours)
    sampling: str = one_of("clip", "frame", "type")
    flip: bool = True  # mirror half of the training faces (ours)
    brightness: float = 0.0  # training faces are brighter or darker by up to this much (ours)
    contrast: float = 0.0  # their contrast changes by a factor of up to exp(this), up or down (ours)
    color: float = 0.0  # each of their channels is scaled by a factor of up to exp(this), up or down (ours)

    # --- What is switched on (ablations of Table 3) ------------------------
    image_decomposition: bool = True  # Eq. (9) feeds the encoder; else the plain image
    trace_decoder: bool = True  # off = the Auxiliary baseline, depth only
    training_step2: bool = True  # Alg. 1 lines 4-8
    training_step3: bool = True  # Alg. 1 lines 9-12
    single_trace: bool = False  # one additive trace in place of B, C, T, P, I_P

    def __post_init__(self) -> None:
        check_types(self)
        check_limits(self)
        _check_combinations(self)

    @property
    def trace_channels(self) -> int:
        """Channels of the last decoder layer: 3 B + 3 C + 3 T + 1 P + 3 I_P, or 3."""
        return 3 if self.single_trace else 13

    def to_json(self) -> str:
        """The hyper-parameters as readable JSON, one key per line."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    def save(self, path: str) -> None:
        """Writes ``to_json`` to ``path`` atomically."""
        write_text(self.to_json(), path)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "HParams":
        """The hyper-parameters of a mapping; keys left out keep their default.

        Raises:
          HParamsError: for an unknown key, a wrong type or an impossible value.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise HParamsError(f"unknown hyper-parameter(s) {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        return cls(**values)

    @classmethod
    def load(cls, path: str) -> "HParams":
        """Reads what ``save`` wrote.

        Raises:
          HParamsError: if the file is missing, is not a JSON object, or is refused
            by ``from_dict``; the message names the file.
        """
        values = read_json(path, HParamsError)
        values.pop("alpha0", None)  # earlier editions wrote it and never read it
        try:
            return cls.from_dict(values)
        except HParamsError as error:
            raise HParamsError(f"{path}: {error}") from error


def choices_of(name: str) -> tuple[str, ...]:
    """The values that a field may have, its default first.

    Raises:
      KeyError: if the field is not limited to a few values.
    """
    return HParams.__dataclass_fields__[name].metadata["choices"]


def _check_combinations(h: HParams) -> None:
    sizes = f"n1={h.n1}, n2={h.n2}, depth_size={h.depth_size}, image_size={h.image_size}"
    for good, message in (
        (h.image_size % 8 == 0, f"image_size must be a multiple of 8 (three strides of 2), not {h.image_size}"),
        (h.n1 < h.n2 < h.image_size, f"n1 < n2 < image_size is needed, not {sizes}"),
        *(
            (
                h.image_size % getattr(h, name) == 0,
                f"{name}={getattr(h, name)} does not divide image_size={h.image_size}",
            )
            for name in ("n1", "n2", "depth_size")
        ),
        (
            max(h.discriminator_sizes) <= h.image_size,
            f"discriminator_sizes {h.discriminator_sizes} exceed image_size={h.image_size}",
        ),
        (
            len(h.discriminator_strides) == len(h.discriminator_channels),
            "discriminator_strides and discriminator_channels must have the same length, "
            f"not {h.discriminator_strides} and {h.discriminator_channels}",
        ),
        (h.batch_size % 2 == 0, f"batch_size must be even (half live, half spoof), not {h.batch_size}"),
        (
            h.harder_min_weight <= h.harder_max_weight,
            f"harder_min_weight <= harder_max_weight is needed, not {h.harder_min_weight}, {h.harder_max_weight}",
        ),
        (h.trace_decoder or not h.training_step2, "training_step2 needs trace_decoder"),
        (h.training_step2 or not h.training_step3, "training_step3 needs training_step2 (it reuses its synthesis)"),
        (h.trace_decoder or not h.single_trace, "single_trace needs trace_decoder"),
        (h.system == "phystd" or h.ablation == "full", f"ablation {h.ablation} is one of phystd, not of {h.system}"),
    ):
        if not good:
            raise HParamsError(message)


# Exactly as printed. Here G starts far from G(I) = I, and in 500 iterations its traces only grow (decisions table).
PRINTED = HParams()

# The paper's networks, losses and schedule; here, traces start near 0 and stay where P0 allows.
PAPER = dataclasses.replace(
    PRINTED,
    preset="paper",
    trace_head_stddev=0.002,
    inpainting_bias=-4.0,
    regularization_live_weight=1e5,
    region_within="allowed",
)

# A quarter of the encoder's and decoder's widths at half the size, for two CPU cores. Sizes keep their proportion to N.
# The rest makes a short training stable (decisions table): it starts near G(I) = I, and the discriminators' receptive
# fields are large enough to tell live from spoof, so that alpha2 can be small; a lower beta opens P in more of a trace.
SMALL = dataclasses.replace(
    PAPER,
    preset="small",
    image_size=128,
    n1=16,
    n2=64,
    depth_size=16,
    stem_channels=8,
    encoder_channels=(16, 24, 32),
    decoder_stem_channels=16,
    decoder_channels=(8, 8, 8),
    depth_channels=32,
    convs_per_block=2,
    discriminator_sizes=(16, 48, 128, 128),
    discriminator_channels=(16, 32, 48, 64, 64, 64),
    discriminator_strides=(2, 2, 2, 2, 2, 1),
    upsampling="bilinear",
    init_stddev=None,
    discriminator_init_stddev=None,
    alpha2=2.0,
    beta=0.05,
    max_iterations=2000,
    checkpoint_every=100,
    learning_rate=1e-3,
    decay_every=1700,
    discriminator_lr_ratio=0.5,
    discriminator_decay_every=0,
    adam_beta1=0.5,
    batch_norm_momentum=0.95,
    baseline_width=0.25,
)

PRESETS: Mapping[str, HParams] = {"paper": PAPER, "printed": PRINTED, "small": SMALL}

# The rows of Table 3 (Sec. 4.5), each as its changes.
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "auxiliary": {
        "image_decomposition": False,
        "trace_decoder": False,
        "training_step2": False,
        "training_step3": False,
    },
    "step1": {"training_step2": False, "training_step3": False},
    "step1_step2_single_trace": {"training_step3": False, "single_trace": True},
    "step1_step2": {"training_step3": False},
    "full": {},
}


# Numbers of the paper of a baseline, in place of PhySTD's. Not for `small`: its rates suit its few iterations.
SYSTEMS: Mapping[str, Mapping[str, Any]] = {
    "phystd": {},
    "stdn": {},
    "despoof": {},
    "cdcn": {"learning_rate": 1e-4, "decay_every": 57_700, "decay_ratio": 2.0},
    "cdcn++": {"learning_rate": 1e-4, "decay_every": 57_700, "decay_ratio": 2.0},
    "lbp_svm": {},
}


def get_hparams(preset: str = "paper", ablation: str = "full", system: str = "phystd", **overrides: Any) -> HParams:
    """A preset for a system, with an ablation of Table 3 and changes of single fields.

    Args:
      preset: "paper", "printed" or "small".
      ablation: "auxiliary", "step1", "step1_step2_single_trace", "step1_step2" or "full"; of "phystd" only.
      system: "phystd", "stdn", "despoof", "cdcn", "cdcn++" or "lbp_svm".
      **overrides: fields of HParams.

    Raises:
      HParamsError: for an unknown name, a wrong type or an impossible value.
    """
    for name, value, known in (
        ("preset", preset, PRESETS),
        ("ablation", ablation, ABLATIONS),
        ("system", system, SYSTEMS),
    ):
        if value not in known:
            raise HParamsError(f"unknown {name} {value!r}; known are {', '.join(known)}")
    of_system = {} if preset == "small" else SYSTEMS[system]
    values = {**dataclasses.asdict(PRESETS[preset]), **of_system, **ABLATIONS[ablation]}
    return HParams.from_dict({**values, "ablation": ablation, "system": system, **overrides})
