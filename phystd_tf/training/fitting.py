"""Fits a system that has no iterations, in a run folder."""

import os

import numpy as np
from tqdm import tqdm

from phystd_tf.baselines.registry import FittedBaseline
from phystd_tf.data.pipeline import stratified_images
from phystd_tf.data.selection import Selection
from phystd_tf.hparams import HParams
from phystd_tf.runs.arrays import arrays_path, save_arrays


def fit_at_once(baseline: FittedBaseline, hparams: HParams, faces: Selection, run: str, seed: int) -> None:
    """Fits a system to training faces and saves it as the checkpoint "last", unless that exists already.

    Faces are taken from the types in turn, and within a type from people in turn. A stopped run starts over.

    Args:
      baseline: FittedBaseline.
      hparams: HParams.
      faces: Selection; its training faces are used.
      run: path of the run folder.
      seed: for the order of people, and of the frames of each.
    """
    if os.path.exists(arrays_path(run, "last")):
        return
    features, labels = [], []
    counts = [min(count, baseline.faces_per_class) for count in faces.count("train")]
    with tqdm(total=sum(counts), unit="face", desc="features", dynamic_ncols=True) as bar:
        for label, count in zip((1, 0), counts):
            for images in stratified_images(faces, hparams, "train", label, count, seed):
                features.append(baseline.features(images))
                labels.append(np.full(len(images), label))
                bar.update(len(images))
    save_arrays(baseline.fit(np.concatenate(features), np.concatenate(labels))._asdict(), run, "last")
