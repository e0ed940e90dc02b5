"""One experiment from a prepared folder: the run folder, training, and a look at some faces."""

import numpy as np
import tensorflow as tf

from phystd_tf.data.pipeline import held_out_dataset, training_dataset
from phystd_tf.data.records import load_settings, name_damaged_shard, save_settings
from phystd_tf.data.selection import PreparedFaces, ProtocolChoice, selection_of
from phystd_tf.errors import PhystdError
from phystd_tf.hparams import HParams
from phystd_tf.networks.parameters import count_parameters, parameter_table
from phystd_tf.training.fitting import fit
from phystd_tf.training.phystd_model import PhySTD
from phystd_tf.training.run_folder import open_run

# Held-out batches for the ``val_`` losses and the pictures: with four faces of a class each, four people of each of
# thirteen types. Enough to follow a run, few enough not to slow it. Error rates come from score files.
_HELD_OUT_BATCHES = 13
_PANEL_FACES = 2


def train(
    hparams: HParams, prepared: PreparedFaces, run: str, seed: int, steps_per_epoch: int, jit_compile: bool = False
) -> PhySTD:
    """Trains a model in a run folder, or goes on with one.

    Args:
      hparams: HParams.
      prepared: path of the prepared folder, or a Selection of its faces.
      run: path of the run folder.
      seed: of the weights, the batches and the harder samples.
      steps_per_epoch: iterations between two checkpoints.
      jit_compile: whether XLA compiles the training step.

    Returns:
      The trained PhySTD.

    Raises:
      PhystdError: if the folders do not fit, or training diverges.
    """
    faces = selection_of(prepared)
    counts = {split: faces.count(split) for split in ("train", "dev")}
    # First of all: the order of the faces follows the global seed too, and not what ran before in this process.
    tf.keras.utils.set_random_seed(seed)
    # Both datasets refuse what is missing, before the run folder is touched.
    training = training_dataset(faces, hparams, "train", seed)
    held_out_split = "dev" if all(counts["dev"]) else "train"
    held_out = held_out_dataset(faces, hparams, held_out_split, seed, _HELD_OUT_BATCHES)
    settings = load_settings(faces.prepared)
    before = ProtocolChoice.of_run(run)
    if before not in (None, faces.choice):
        raise PhystdError(
            f"{run} was trained on protocol {_words(before)}, not {_words(faces.choice)}; give another --run"
        )
    open_run(
        run,
        hparams,
        {
            "data": faces.prepared,
            "protocol": faces.choice._asdict(),
            "seed": seed,
            "faces": {split: {"live": live, "spoof": spoof} for split, (live, spoof) in counts.items()},
            "held_out_split": held_out_split,
        },
    )
    faces.choice.save(run)
    save_settings(run, settings)  # whoever uses the model must make crops in the same way
    model = PhySTD(hparams, seed=seed)
    print(parameter_table(count_parameters(model.generator, model.discriminators)))

    def data_from(iteration: int) -> tf.data.Dataset:
        # A resumed run goes on with the batches that it would have seen.
        return training if iteration == 0 else training_dataset(faces, hparams, "train", seed, start=iteration)

    try:
        panel_batch = next(iter(held_out))
        panel = np.concatenate([panel_batch.live.image[:_PANEL_FACES], panel_batch.spoof.image[:_PANEL_FACES]])
        fit(model, run, data_from, held_out, _HELD_OUT_BATCHES, panel, steps_per_epoch, jit_compile)
    except tf.errors.DataLossError as error:
        raise name_damaged_shard(faces.prepared) from error
    return model


def _words(choice: ProtocolChoice) -> str:
    return f"{choice.name} (seed {choice.seed}{', lists ' + choice.lists if choice.lists else ''})"
