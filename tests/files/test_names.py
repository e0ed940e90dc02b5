from phystd_tf.files.names import first_spellings, folded, has_suffix


def test_hidden_files_and_other_endings_do_not_count():
    assert has_suffix("a/b.PNG", ".png") and has_suffix("b.jpg", (".png", ".jpg"))
    assert not has_suffix("a/._b.png", ".png") and not has_suffix("b.png.txt", ".png")


def test_names_are_one_whatever_their_case_accents_and_spaces_around_them():
    assert folded("Dave") == folded(" DAVE ") and folded("Stra\u00dfe") == folded("STRASSE")
    assert folded("Jose\u0301") == folded("JOS\u00c9") and folded("a b") != folded("ab")


def test_the_first_spelling_stands_for_all():
    assert first_spellings(["dave", "Dave", "ann", "DAVE"]) == {
        "dave": "DAVE",
        "Dave": "DAVE",
        "DAVE": "DAVE",
        "ann": "ann",
    }
