import collections
import itertools

import numpy as np

from phystd_tf.face import topology


def edge_counts(triangles):
    return collections.Counter(edge for t in triangles for edge in itertools.combinations(sorted(t.tolist()), 2))


def test_triangles_use_every_published_edge_and_no_other(model):
    skin = model.triangles[model.parts == topology.SKIN]
    assert len(skin) == 852
    assert set(edge_counts(skin)) == {tuple(edge) for edge in topology.edges().tolist()}


def test_only_the_outline_is_open(model):
    counts = edge_counts(model.triangles)
    assert set(counts.values()) == {1, 2}
    rim = {vertex for edge, count in counts.items() if count == 1 for vertex in edge}
    assert rim == set(topology.FACE_OVAL)


def test_winding_is_consistent_and_faces_the_camera(model):
    directed = collections.Counter((int(t[i]), int(t[(i + 1) % 3])) for t in model.triangles for i in range(3))
    assert max(directed.values()) == 1
    a, b, c = (model.mean[model.triangles[:, i]] for i in range(3))
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1)
    assert np.sum(area[normal[:, 2] < 0]) < 0.05 * area.sum()  # below the nose and chin only


def test_the_builder_makes_what_is_shipped(model):
    triangles, parts = topology.triangles(model.mean, model.mirror)
    assert (triangles == model.triangles).all() and (parts == model.parts).all()
    assert (topology.select_vertices(model.mean, model.mirror) == model.vertices).all()
    assert (np.array(topology.LANDMARKS68) == model.landmarks68).all()
