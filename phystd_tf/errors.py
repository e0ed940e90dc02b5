"""The base class of errors that a user can cause, and the first line of any error."""


class PhystdError(Exception):
    """Says what went wrong, in which file, and what to do, in one sentence."""


def first_line(error: Exception) -> str:
    """The first line of the message of an error; its type if it has no message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
