"""The run folder."""

import json

import pytest

from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.protocols.rules import ProtocolError
from phystd_tf.runs.folder import load_protocol_choice, save_protocol


def test_a_choice_is_stored_with_a_run(tmp_path):
    assert load_protocol_choice(str(tmp_path)) is None
    choice = ProtocolChoice("siwm_1", 3, "lists")
    save_protocol(str(tmp_path), choice)
    assert load_protocol_choice(str(tmp_path)) == choice
    (tmp_path / "protocol.json").write_text(json.dumps({"nom": 1}))
    with pytest.raises(ProtocolError, match="give --protocol"):
        load_protocol_choice(str(tmp_path))
