"""The JSON files of ``protocols/``, which are installed as phystd_tf.protocols.published."""

import importlib.resources
import json
from typing import Any

from phystd_tf.protocols.rules import ProtocolError


def read_data_file(name: str) -> dict[str, Any]:
    """Reads a file of ``protocols/``.

    Args:
      name: name without suffix, such as "published_tables".

    Raises:
      ProtocolError: if the file is not installed.
    """
    try:
        folder = importlib.resources.files("phystd_tf.protocols.published")
        return json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ProtocolError(f"the files of protocols/ are not installed ({error}); install phystd_tf again") from error
