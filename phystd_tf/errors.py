"""The root of the errors that a user can cause, and what others say."""


class PhystdError(Exception):
    """What went wrong, in which file, and what to do, in one sentence for the user."""


def first_line(error: Exception) -> str:
    """The first line of the message of an error; its type where it has no message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
