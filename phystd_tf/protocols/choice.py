"""Which protocol a user asked for, as it is stored with a run."""

import json
from typing import NamedTuple, Optional

from phystd_tf.files.atomic import write_json
from phystd_tf.protocols.registry import AS_PREPARED
from phystd_tf.protocols.rules import ProtocolError


class ProtocolChoice(NamedTuple):
    """What names a protocol.

    Attributes:
      name: see ``phystd_tf.protocols.registry.protocol_names``.
      seed: of the protocols that draw.
      lists: folder of the user's own lists, for those that are made of lists.
    """

    name: str = AS_PREPARED
    seed: int = 0
    lists: Optional[str] = None

    def save(self, path: str) -> None:
        """Writes the choice as JSON."""
        write_json(self._asdict(), path)

    @classmethod
    def load(cls, path: str) -> "ProtocolChoice":
        """Reads what ``save`` wrote.

        Raises:
          ProtocolError: if the file is damaged.
        """
        try:
            with open(path, encoding="utf-8") as file:
                return cls(**json.load(file))
        except (OSError, ValueError, TypeError) as error:
            raise ProtocolError(f"{path}: no protocol of a run ({error}); give --protocol") from error
