"""Prepares clips with an Apache Beam pipeline: on this machine, or on a Flink, Spark or Dataflow cluster.

Each element is a clip with its number. Its files are written into the prepared folder, as the processes of a single
machine do. All workers therefore need the same file system, and the joined result is the same, byte for byte.
"""

import contextlib
import io
import os
import shutil
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

# Pause between checks for finished clips: at least this many seconds, and this many times as long as a check.
_SECONDS = 1.0
_LOOKS = 10.0


class BeamEngine:
    """Prepares clips with a pipeline; pass it to ``preparation.prepare``."""

    def __init__(self, options: Sequence[str]) -> None:
        """Reads the options.

        Args:
          options: pipeline options, as on a command line: "--runner=FlinkRunner", ...

        Raises:
          PreparationError: if Beam rejects an option.
        """
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):  # argparse prints the usage of hundreds of options
                self._options = PipelineOptions(list(options))
                self._options.get_all_options()
            unused = apache_beam.Pipeline(options=self._options)
            shutil.rmtree(unused.local_tempdir)  # Beam removes it only after a run
        except SystemExit as error:
            raise PreparationError(f"Beam refuses an option: {said.getvalue().splitlines()[-1]}") from error
        except ValueError as error:  # an unsuitable runner
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
        # A failed bundle goes to another worker; its first clips may be finished already.
        if finished_clips.read_clip(self._work.out, number) is None:
            assert self._preparer is not None
            yield prepare_clip(self._preparer, self._work, number, clip)

    def teardown(self) -> None:
        if self._aligner is not None:
            self._aligner.close()


class _Running:
    """Runs a pipeline in its own thread, since some runners return only when it has ended."""

    def __init__(self, pipeline: apache_beam.Pipeline) -> None:
        self.error: Optional[Exception] = None
        self._pipeline = pipeline
        self._result: Any = None
        self._end = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def has_ended(self, seconds: float) -> bool:
        """Waits for at most ``seconds``; returns whether the pipeline has ended."""
        return self._end.wait(seconds)

    def cancel(self) -> None:
        """Cancels the pipeline unless it has ended, so that a cluster stops working on it."""
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
    """The clip with absolute paths."""
    side = None if clip.side is None else os.path.abspath(clip.side)
    return clip._replace(paths=tuple(map(os.path.abspath, clip.paths)), side=side)


def _absolute_work(work: Work) -> Work:
    """The work with absolute paths."""
    model = work.settings.morphable_model
    settings = work.settings._replace(morphable_model=None if model is None else os.path.abspath(model))
    base = None if work.source_base is None else os.path.abspath(work.source_base)
    return work._replace(out=os.path.abspath(work.out), settings=settings, source_base=base)
