"""Loads the network of a run folder without its training: no discriminators and no optimizers."""

import os
import re

import tensorflow as tf

from phystd_tf.baselines.registry import fitted_baseline, new_network
from phystd_tf.files.plain_paths import plain_path
from phystd_tf.networks.network import Network
from phystd_tf.runs.arrays import arrays_path, load_arrays
from phystd_tf.runs.folder import (
    checkpoint_folder,
    load_hparams,
    missing_checkpoint,
    require_inside,
    unfit_checkpoint,
)

_OF_GENERATOR = re.compile(r"generator/((?!\.OPTIMIZER_SLOT).)+/\.ATTRIBUTES/VARIABLE_VALUE")


def load_generator(run: str, name: str = "last") -> Network:
    """The generator of a run with the weights of a checkpoint.

    Args:
      run: path of the run folder.
      name: "last" or "best".

    Raises:
      CheckpointError: if the folder is not a run, the checkpoint is missing or damaged, or a variable of the
        generator is not in it.
    """
    hparams = load_hparams(run)
    fitted = fitted_baseline(hparams.system)
    if fitted is not None:
        arrays = load_arrays(run, name)
        try:
            return fitted.network(hparams, arrays)
        except ValueError as error:
            raise unfit_checkpoint(arrays_path(run, name), error) from error
    generator = new_network(hparams)
    generator.build_variables()
    folder = checkpoint_folder(run, name)
    with plain_path(folder) as plain:
        path = tf.train.latest_checkpoint(plain)
        if path is None:
            raise missing_checkpoint(run, name)
        require_inside(path, folder)
        try:
            stored = [name for name, _ in tf.train.list_variables(path) if _OF_GENERATOR.fullmatch(name)]
            if len(stored) != len(generator.variables):
                raise ValueError(f"it has {len(stored)} variables of a generator, not {len(generator.variables)}")
            status = tf.train.Checkpoint(generator=generator).restore(path)
            status.expect_partial()  # the discriminators and the optimizers are not needed
            status.assert_existing_objects_matched()
        except (AssertionError, ValueError, IndexError, tf.errors.OpError) as error:
            raise unfit_checkpoint(os.path.join(folder, os.path.basename(path)), error) from error
    return generator
