import pytest

from phystd_tf.protocols.registry import load_protocol, protocol_names
from phystd_tf.spoof_types import SPOOF_TYPES
from phystd_tf.tables.needed_protocols import (
    NUMBERS,
    TableError,
    datasets_of,
    planned_columns,
    protocols_by_row,
    protocols_of,
)

CASES = [(number, dataset) for number in NUMBERS for dataset in datasets_of(number)]


@pytest.mark.parametrize("number, dataset", CASES)
def test_every_protocol_exists_for_its_dataset(number, dataset):
    names = protocols_of(number, dataset)
    assert names and len(set(names)) == len(names)
    assert set(names) <= set(protocol_names(dataset))


def test_the_numbers_of_protocols_are_those_of_the_paper():
    assert [len(protocols_of(number)) for number in NUMBERS] == [14, 7, 1, 13, 13]
    assert [len(names) for names in protocols_by_row(1, "oulu").values()] == [1, 1, 6, 6]
    assert [len(names) for names in protocols_by_row(2, "siw").values()] == [1, 4, 2]
    # A table leaves out no protocol of its dataset.
    assert set(protocols_of(1)) == set(protocol_names("oulu")) - {"folder"}
    assert set(protocols_of(2)) == set(protocol_names("siw")) - {"folder"}


@pytest.mark.parametrize("number", [3, 4, 5])
def test_every_column_of_siw_m_is_fed_once(number):
    for dataset in datasets_of(number):
        planned = planned_columns(number, dataset)
        assert [kind for _, columns in planned for kind in columns[:-1]] == list(SPOOF_TYPES)
        assert {columns[-1] for _, columns in planned} == {"overall"}


def test_the_column_of_a_type_is_that_of_the_protocol_that_leaves_it_out():
    for number in (4, 5):
        for name, (kind, _) in planned_columns(number, "siwm"):
            assert (
                f"unknown type {kind}" in load_protocol(name).title
                or f"the unknown {kind}" in load_protocol(name).title
            )
    assert planned_columns(1)[0] == ("oulu_1", ("apcer", "bpcer", "acer"))


def test_what_there_is_not_is_said():
    with pytest.raises(TableError, match="no Table 6 of error rates; there are 1, 2, 3, 4, 5"):
        protocols_of(6)
    with pytest.raises(TableError, match="Table 5 has no protocol of the dataset 'siwmv2'; it is made of siwm, folder"):
        planned_columns(5, "siwmv2")
