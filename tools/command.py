"""What all programs share: flags, start-up, exit codes and error messages."""

import functools
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Callable, Optional

from absl import app, logging
from absl import flags as absl_flags

from phystd_tf.errors import PhystdError

DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2
SEEDS: dict[str, Any] = {"lower_bound": 0, "upper_bound": 2**32 - 1}  # limits of NumPy and TensorFlow, for flags
_BROKEN_PIPE = 141  # the exit code that shells use


class UsageError(PhystdError):
    """The program was called in a way that cannot work."""


class Flags:
    """The flags of one program, separate from those of others, so that one process can import several programs.

    ``DEFINE_string`` and the like are those of absl.
    """

    def __init__(self) -> None:
        self.values = absl_flags.FlagValues()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("DEFINE_"):
            raise AttributeError(name)
        return functools.partial(getattr(absl_flags, name), flag_values=self.values)


def run_program(main: Callable[[], Optional[int]], flags: Flags) -> None:
    """Runs ``main`` after its flags are parsed, and ends the process.

    Exit codes: what ``main`` returns (None is 0, done; 1 is done with failures
    listed), and 2 for wrong use or if nothing was done. An error that a user can
    cause is printed as one sentence, without a traceback.
    """
    # Set before TensorFlow and MediaPipe are imported: their start-up messages
    # would bury those of this project.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GLOG_minloglevel", "2")
    # TensorFlow turns oneDNN on by itself on some processors only. Without it, a
    # training iteration on the CPU takes more than twice as long.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # Otherwise TensorFlow takes all memory of a GPU at once, and a second program finds none.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names may have characters that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")

    def body(arguments: list[str]) -> None:
        # Messages that libraries log through absl would break progress bars. Set
        # here, since parsing the flags resets the verbosity.
        logging.set_verbosity(logging.ERROR)
        try:
            if len(arguments) > 1:
                raise UsageError(f"unexpected argument {arguments[1]!r}; options are written --name=value")
            code = main()
        except BrokenPipeError:  # the reader of the output, such as head, has ended
            code = _BROKEN_PIPE
        except (PhystdError, OSError) as error:  # OSError: a full disk, a folder that may not be written
            print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
            code = NOTHING_DONE
        except KeyboardInterrupt:
            print("interrupted; the same command finishes the work", file=sys.stderr)
            code = 130
        sys.exit(code or DONE)

    # absl exits with 1 on a wrong flag; here wrong use is 2.
    try:
        app.run(body, flags_parser=lambda arguments: _parse_flags(arguments, main.__module__, flags.values))
    except BrokenPipeError:  # while help was printed
        sys.exit(_BROKEN_PIPE)
    finally:
        _flush()


def _flush() -> None:
    """Flushes the output; if nobody reads it any more, keeps Python from complaining at exit."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def whole_seeds(texts: Sequence[str]) -> list[int]:
    """The numbers of --seeds.

    Raises:
      UsageError: if there is none, or one of them cannot be a seed.
    """
    try:
        seeds = [int(text) for text in texts]
    except ValueError as error:
        raise UsageError(f"--seeds={','.join(texts)}: want whole numbers, as in 0,1,2") from error
    if not seeds or min(seeds) < SEEDS["lower_bound"] or max(seeds) > SEEDS["upper_bound"]:
        raise UsageError(f"--seeds={','.join(texts)}: want numbers from 0 to {SEEDS['upper_bound']}")
    return seeds


def overrides_of(texts: Sequence[str]) -> dict[str, Any]:
    """The hyper-parameters of --set, by name.

    Raises:
      UsageError: if one is not of the form name=value, is given twice, or has an option of its own.
    """
    overrides: dict[str, Any] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator:
            raise UsageError(f"--set={text}: want name=value")
        if name in ("preset", "ablation", "system"):  # they stand for many hyper-parameters
            raise UsageError(f"--set={text}: want --{name}={value}")
        if name in overrides:
            raise UsageError(f"--set={text}: {name} is set twice")
        try:
            overrides[name] = json.loads(value)
        except (ValueError, RecursionError):
            overrides[name] = value  # a bare word is a string, such as upsampling=bilinear
    return overrides


def code_of(num_done: int, total: int) -> int:
    """The exit code of a program that succeeded for some of its inputs."""
    if not num_done:
        return NOTHING_DONE
    return DONE if num_done == total else SOME_FAILED


def one_thread_each() -> None:
    """Limits linear algebra to one thread, in this process and those it starts. Call it before NumPy is imported.

    Small matrices gain nothing from more threads, and the threads of several processes slow
    each other down (105 instead of 60 ms per face in preparation).
    """
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def _parse_flags(arguments: list[str], module: str, own: absl_flags.FlagValues) -> list[str]:
    """Parses the flags of the program together with absl's own, such as --helpfull."""
    absl_flags.FLAGS.append_flag_values(own)
    # absl files the flags of the main module under the name of the script.
    filed_under = sys.argv[0] if module == "__main__" else module
    for name in own:
        absl_flags.FLAGS.register_flag_by_module(filed_under, own[name])
    if any(argument in ("--help", "-help", "-h", "-?") for argument in arguments[1:]):
        print(_help(module, filed_under))
        sys.exit(DONE)
    try:
        rest = absl_flags.FLAGS(arguments)
    except SystemExit:  # --helpfull: absl exits with 1, as for wrong use
        sys.exit(DONE)
    except absl_flags.Error as error:
        print(f"{os.path.basename(arguments[0])}: {error}\nTry --help.", file=sys.stderr)
        sys.exit(NOTHING_DONE)
    own.mark_as_parsed()
    return rest


def _help(module: str, filed_under: str) -> str:
    """What a program does, and its flags; absl's own help is empty if an installed script starts the program."""
    header, _, described = absl_flags.FLAGS.module_help(filed_under).partition(f"{filed_under}:\n")
    return f"{(sys.modules[module].__doc__ or '').strip()}\n\nOptions:\n{described or header}"
