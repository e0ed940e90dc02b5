"""Prepares clips by a pipeline of Apache Beam: on this machine, or on a cluster of Flink, Spark or Dataflow.

Each element is a clip, with its number. Its files are written into the prepared folder, as by the processes of one
machine, so that all workers need the same file system, and what is joined at the end is the same, byte for byte.
"""

import contextlib
import io
import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import apache_beam
from apache_beam.options.pipeline_options import PipelineOptions

from phystd_tf.data import finished_clips
from phystd_tf.data.clip_preparation import ClipPreparer
from phystd_tf.data.clip_work import Work, new_preparer, prepare_clip, quiet_opencv
from phystd_tf.data.clips import Clip
from phystd_tf.data.prepared_folder import PreparationError
from phystd_tf.errors import first_line
from phystd_tf.face.alignment import FaceAligner

# Between two looks at what is finished: at least so many seconds, and so many times what a look takes.
_SECONDS = 1.0
_LOOKS = 10.0


class BeamEngine:
    """Prepares clips by a pipeline; give it to ``preparation.prepare``."""

    def __init__(self, options: Sequence[str]) -> None:
        """Reads the options.

        Args:
          options: of the pipeline, as on a command line: "--runner=FlinkRunner", ...

        Raises:
          PreparationError: if Beam refuses one.
        """
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):  # argparse prints how to use hundreds of options
                self._options = PipelineOptions(list(options))
                self._options.get_all_options()
            apache_beam.Pipeline(options=self._options)
        except SystemExit as error:
            raise PreparationError(f"Beam refuses an option: {said.getvalue().splitlines()[-1]}") from error
        except ValueError as error:  # the runner
            raise PreparationError(f"Beam refuses an option: {error}") from error

    def __call__(self, work: Work, clips: Sequence[tuple[int, Clip]]) -> Iterator[int]:
        """Prepares clips, and yields the number of failed frames of each when it is done.

        Args:
          work: Work.
          clips: each with its number.

        Raises:
          PreparationError: if the pipeline failed.
        """
        pipeline = apache_beam.Pipeline(options=self._options)
        _ = (
            pipeline
            | "clips" >> apache_beam.Create([(number, _absolute(clip)) for number, clip in clips])
            | "spread" >> apache_beam.Reshuffle()
            | "prepare" >> apache_beam.ParDo(_Prepare(_absolute_work(work)))
        )
        running = _Running(pipeline)
        try:
            left = [number for number, _ in clips]
            ended, pause = False, _SECONDS
            while not ended:
                ended = running.has_ended(pause)
                started = time.monotonic()
                finished = {number: finished_clips.read_clip(work.out, number) for number in left}
                left = [number for number in left if finished[number] is None]
                pause = max(_SECONDS, _LOOKS * (time.monotonic() - started))
                yield from (clip.failures for clip in finished.values() if clip is not None)
        finally:
            running.cancel()
        if running.error is not None:
            raise PreparationError(
                f"the pipeline failed ({first_line(running.error)}); finished clips are kept, and the same command "
                "resumes"
            ) from running.error
        if left:
            raise PreparationError(
                f"the pipeline has ended, but {len(left)} clips are not in {work.out}; all its workers need this folder"
            )


class _Prepare(apache_beam.DoFn):
    """Prepares the clips that a worker is given."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._aligner: Optional[FaceAligner] = None
        self._preparer: Optional[ClipPreparer] = None

    def setup(self) -> None:
        quiet_opencv()
        self._aligner = FaceAligner()
        self._preparer = new_preparer(self._work, self._aligner)

    def process(self, element: tuple[int, Clip]) -> Iterator[int]:
        number, clip = element
        # A bundle that failed is given to another worker: its first clips may be finished.
        if finished_clips.read_clip(self._work.out, number) is None:
            assert self._preparer is not None
            yield prepare_clip(self._preparer, self._work, number, clip)

    def teardown(self) -> None:
        if self._aligner is not None:
            self._aligner.close()


class _Running:
    """A pipeline that runs, in a thread of its own, since some runners only return when all is done."""

    def __init__(self, pipeline: apache_beam.Pipeline) -> None:
        self.error: Optional[Exception] = None
        self._pipeline = pipeline
        self._result: Any = None
        self._end = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def has_ended(self, seconds: float) -> bool:
        """Waits for the end, as long as that at most."""
        return self._end.wait(seconds)

    def cancel(self) -> None:
        """Lets a cluster stop the work of a pipeline that nobody waits for any more."""
        if self._result is not None and not apache_beam.runners.runner.PipelineState.is_terminal(self._result.state):
            self._result.cancel()

    def _run(self) -> None:
        try:
            self._result = self._pipeline.run()
            self._result.wait_until_finish()
        except Exception as error:  # handed to the thread that waits
            self.error = error
        self._end.set()


def _absolute(clip: Clip) -> Clip:
    """The clip with paths that lead to its files from any directory."""
    side = None if clip.side is None else os.path.abspath(clip.side)
    return clip._replace(paths=tuple(map(os.path.abspath, clip.paths)), side=side)


def _absolute_work(work: Work) -> Work:
    """The work with paths that lead to its files from any directory."""
    model = work.settings.morphable_model
    settings = work.settings._replace(morphable_model=None if model is None else os.path.abspath(model))
    base = None if work.source_base is None else os.path.abspath(work.source_base)
    return work._replace(out=os.path.abspath(work.out), settings=settings, source_base=base)
