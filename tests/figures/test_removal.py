import numpy as np
import tensorflow as tf

from phystd_tf.figures.removal import removal_steps
from phystd_tf.networks.generator import Generator
from phystd_tf.networks.outputs import all_outputs
from phystd_tf.physics.bands import low_pass
from phystd_tf.traces import GeneratorOutput, Traces
from tests.training.tiny import tiny_hparams


def test_the_steps_add_up_to_equation_5():
    rng = np.random.default_rng(3)
    hparams = tiny_hparams()
    image, B, C, T, I_P = (rng.uniform(-0.5, 0.5, (2, 32, 32, 3)).astype(np.float32) for _ in range(5))
    P = rng.uniform(0, 1, (2, 32, 32, 1)).astype(np.float32)
    output = GeneratorOutput(tf.zeros((2, 4, 4, 1)), Traces(*map(tf.constant, (B, C, T, P, I_P))))
    outputs = {name: value.numpy() for name, value in all_outputs(image, output, Generator(hparams), 0.0).items()}
    steps = removal_steps(image, outputs)
    low_b, low_c = low_pass(B, hparams.n1).numpy(), low_pass(C, hparams.n2).numpy()
    wanted = [image, image - low_b, image - low_b - low_c, image - low_b - low_c - T]
    wanted.append((1 - P) * wanted[-1] + P * I_P)
    assert len(steps) == 5
    for step, expected in zip(steps, wanted):
        np.testing.assert_allclose(step, expected, atol=1e-6)
    np.testing.assert_allclose(steps[-1], outputs["reconstruction"], atol=1e-6)
