import os
import sys

import pytest

from phystd_tf.files.quiet import quiet_stderr


def test_nothing_is_shown_within_the_block_and_all_after_it(capfd):
    with pytest.raises(ValueError), quiet_stderr():
        os.write(2, b"chatter")
        raise ValueError
    print("said", file=sys.stderr)
    assert capfd.readouterr().err == "said\n"
