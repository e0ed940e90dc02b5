"""The protocol that a user selected, in the form in which it is stored with a run."""

from typing import NamedTuple, Optional

from phystd_tf.files.atomic import write_json
from phystd_tf.files.json_file import read_record
from phystd_tf.protocols.registry import AS_PREPARED
from phystd_tf.protocols.rules import ProtocolError


class ProtocolChoice(NamedTuple):
    """Identifies a protocol.

    Attributes:
      name: see ``phystd_tf.protocols.registry.protocol_names``.
      seed: seed of the protocols that divide at random.
      lists: folder of the user's own lists, for the protocols that are defined by lists.
    """

    name: str = AS_PREPARED
    seed: int = 0
    lists: Optional[str] = None

    def save(self, path: str) -> None:
        """Writes the choice as JSON."""
        write_json(self._asdict(), path)

    @classmethod
    def load(cls, path: str) -> "ProtocolChoice":
        """Reads a file written by ``save``.

        Raises:
          ProtocolError: if the file is missing or damaged.
        """
        choice = read_record(path, cls, ProtocolError, "the protocol of a run", "give --protocol")
        is_right = (
            isinstance(choice.name, str) and type(choice.seed) is int and isinstance(choice.lists, (str, type(None)))
        )
        if not is_right:
            raise ProtocolError(f"{path}: not the protocol of a run (a value is of the wrong kind); give --protocol")
        return choice
