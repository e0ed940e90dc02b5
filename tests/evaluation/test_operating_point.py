"""The choice of alpha0 and the threshold."""

import numpy as np
import pandas as pd
import pytest

from phystd_tf.evaluation.metrics import equal_error_rate
from phystd_tf.evaluation.operating_point import ALPHA0_CANDIDATES, choose_alpha0
from phystd_tf.evaluation.scores import ScoreFileError
from tests.evaluation.frames import term_frames


def test_alpha0_has_the_lowest_eer_of_all_candidates():
    rng = np.random.default_rng(5)
    terms = term_frames(
        rng.normal(0.4, 0.1, 40), rng.normal(0.3, 0.1, 40), rng.gamma(2, 0.01, 40), rng.gamma(4, 0.01, 40)
    )
    choice = choose_alpha0(terms)
    assert choice == choose_alpha0(terms.sample(frac=1.0, random_state=0))  # in any order
    eers = [equal_error_rate(terms["label"], terms["depth"] + alpha0 * terms["B"]).eer for alpha0 in ALPHA0_CANDIDATES]
    assert choice.eer == pytest.approx(min(eers)) and choice.eer < eers[0]
    assert choice.alpha0 < 0


def test_alpha0_is_never_positive_and_0_is_a_candidate():
    assert 0.0 in ALPHA0_CANDIDATES and max(ALPHA0_CANDIDATES) == 0.0
    # Traces that are pure noise are best left out.
    noise = np.random.default_rng(6).uniform(0, 1, 40)
    choice = choose_alpha0(term_frames(np.linspace(0.3, 0.31, 20), np.linspace(0.2, 0.21, 20), noise[:20], noise[20:]))
    assert choice.alpha0 == 0.0 and choice.eer == 0.0


def test_among_equal_eers_area_then_gap_then_the_smaller_weight_decide():
    # All candidates separate these perfectly: the wider gap in standard deviations wins.
    gap = choose_alpha0(term_frames([0.5, 0.3], [0.1, 0.2], [0.0, 0.0], [0.3, 0.3]), (0.0, -1.0))
    assert gap.eer == 0.0 and gap.alpha0 == -1.0
    # Without traces, nothing changes, so the smallest weight wins, wherever it is listed.
    assert choose_alpha0(term_frames([0.5], [0.1], [0.0], [0.0]), (-2.0, 0.0, -1.0)).alpha0 == 0.0
    # EER 1/3 with both. With -1, six of nine pairs are in order and the gap is 0.12; with 0, five and 0.37.
    area = choose_alpha0(term_frames([0.3, 0.6, 0.7], [0.0, 0.5, 0.8], [0.1, 0.2, 0.4], [0.1, 0.4, 0.0]), (0.0, -1.0))
    assert area.eer == pytest.approx(1 / 3) and area.alpha0 == -1.0


def test_alpha0_of_clips_and_of_frames():
    frames = pd.concat([term_frames([0.5, 0.5], [0.1, 0.1], [0.0] * 2, [0.1] * 2), term_frames([0.0], [], [0.0], [])])
    frames["frame"] = range(len(frames))
    assert choose_alpha0(frames, (0.0,)).eer == 0.0  # the bad frame is averaged away
    assert choose_alpha0(frames, (0.0,), level="frame").eer > 0.0


@pytest.mark.parametrize(
    "terms, said",
    [
        (term_frames([0.5], [], [0.0], []), "live and spoof"),
        (term_frames([], [0.5], [], [0.0]), "live and spoof"),
        (term_frames([np.nan], [0.5], [0.0], [0.0]), "diverged"),
    ],
)
def test_alpha0_without_what_it_needs(terms, said):
    with pytest.raises(ScoreFileError, match=said):
        choose_alpha0(terms)
