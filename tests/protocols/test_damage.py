"""Damaged lists and damaged choices of a protocol: read correctly, or refused with the name of the file."""

import json
import os

import hypothesis
import pytest
from hypothesis import strategies

from phystd_tf.errors import PhystdError
from phystd_tf.protocols.building import file_names, table
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.protocols.registry import load_protocol, protocol_names, takes_lists
from tests.damage import damaged_bytes
from tests.protocols.protocol_clips import CLIPS, STEMS

FEW = [fact for fact in CLIPS["siwm"] if fact.clip.rpartition("_")[2] in ("1", "2", "3")]
WITH_LISTS = [name for name in protocol_names() if takes_lists(name)]
_SETTINGS = {"max_examples": 40, "deadline": None, "suppress_health_check": list(hypothesis.HealthCheck)}
_JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | strategies.text(),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(), inner, max_size=3),
    max_leaves=5,
)


@hypothesis.settings(**_SETTINGS)
@hypothesis.given(data=strategies.data(), name=strategies.sampled_from(WITH_LISTS))
def test_damaged_lists_are_read_or_refused_by_name(tmp_path, data, name):
    names = sorted(set(file_names(table()[name][1])))
    for place, file in enumerate(names):
        rows = [f"{stem}_{number}\r\n" for stem in STEMS.values() for number in (1 + place % 3, 2)]
        (tmp_path / file).write_bytes("".join(rows).encode())
    damaged = tmp_path / data.draw(strategies.sampled_from(names))
    damaged.write_bytes(damaged_bytes(data.draw, damaged.read_bytes()))
    try:
        splits = load_protocol(name, lists=str(tmp_path)).assign(FEW)
    except PhystdError as error:
        assert name in str(error) and len(str(error).splitlines()) == 1
        assert str(damaged) in str(error) or "lists" in str(error) or "clips" in str(error)
    else:
        assert set(splits) <= {fact.clip for fact in FEW} and set(splits.values()) <= {"train", "dev", "test"}


def _use(path):
    choice = ProtocolChoice.load(path)
    return load_protocol(*choice).assign(FEW)


@hypothesis.settings(**_SETTINGS)
@hypothesis.given(data=strategies.data())
def test_damaged_choices_are_read_or_refused(tmp_path, data):
    path = tmp_path / "protocol.json"
    ProtocolChoice("siwm_1", 3).save(str(path))
    if data.draw(strategies.booleans()):
        path.write_bytes(damaged_bytes(data.draw, path.read_bytes()))
    else:
        changed = data.draw(strategies.sampled_from(["name", "seed", "lists"]))
        path.write_text(json.dumps({**json.loads(path.read_text()), changed: data.draw(_JSON)}))
    try:
        _use(str(path))
    except PhystdError as error:
        assert str(error)


@pytest.mark.parametrize(
    "changed",
    [{"name": 5}, {"name": ["siwm_1"]}, {"seed": "3"}, {"seed": 1.5}, {"seed": None}, {"lists": 3}, {"seed": True}],
)
def test_a_choice_of_another_form_is_refused_by_name(tmp_path, changed):
    path = tmp_path / "protocol.json"
    path.write_text(json.dumps({"name": "siwm_1", "seed": 0, "lists": None, **changed}))
    with pytest.raises(PhystdError, match="protocol.json"):
        ProtocolChoice.load(os.fspath(path))
