"""The root of the errors that a user can cause."""


class PhystdError(Exception):
    """What went wrong, in which file, and what to do, in one sentence for the user."""
