import pytest

from phystd_tf.evaluation.score_layout import ScoreLayoutError, field_layout, score_layout
from phystd_tf.evaluation.score_lines import ScoreFileError
from phystd_tf.evaluation.scores import read_scores, to_clips

COLUMNS = ["clip:video_id", "frame:no", "subject:user", "type:attack", "score:prob"]
HEADER = "user,prob,label,video_id,no,attack,score,depth\n"
ROWS = "u,0.1,0,v,4,-,x,deep\nu,0.3,0.0,v,9,,x,deep\nw,0.9,1,p,0,Print,x,deep\nw,0.8,+1,m,0,none,x,deep\n"


@pytest.fixture
def read(tmp_path):
    def read(text, *options):
        path = tmp_path / "scores.csv"
        path.write_text(text, encoding="utf-8")
        return read_scores(str(path), score_layout(*options))

    return read


def test_columns_labels_and_polarity_are_those_that_were_told(read):
    scores = read(HEADER + ROWS, COLUMNS, ["0"], (), "spoof")
    assert list(scores["clip"]) == ["v", "v", "p", "m"] and list(scores["subject"]) == ["u", "u", "w", "w"]
    assert list(scores["label"]) == [1, 1, 0, 0] and list(scores["type"]) == ["live", "live", "Print", "unknown"]
    assert list(scores["score"]) == [-0.1, -0.3, -0.9, -0.8] and list(scores["frame"]) == [4, 9, 0, 0]
    assert list(to_clips(scores)["score"]) == pytest.approx([-0.2, -0.9, -0.8])
    as_they_are = read(HEADER + ROWS, COLUMNS, ["0"])
    assert list(as_they_are["score"]) == [0.1, 0.3, 0.9, 0.8]


def test_columns_that_are_not_named_are_not_looked_at(read):
    """They may have our names and mean something else; clip, label and score are the exception."""
    scores = read("clip,label,score,type,frame\na,1,0.5,session 3,x\na,1,0.6,session 3,x\nb,0,0.1,live,x\n", (), ["1"])
    assert list(scores["type"]) == ["live", "live", "unknown"] and list(scores["frame"]) == [0, 1, 0]


def test_labels_can_be_words_and_several(read):
    text = "clip,label,score\na,Real,0.5\nb,fake,0.1\nc,MASK,0.2\n"
    assert list(read(text, (), ["real"], ["fake", "mask"])["label"]) == [1, 0, 0]
    signs = "clip,label,score\na,1,0.5\nb,-1,0.1\nc,-2,0.2\n"
    assert list(read(signs, (), ["+1"], ["-1", "-2"])["label"]) == [1, 0, 0]
    kinds = read("clip,kind,score\na,live,0.5\nb,print,0.1\n", ["label:kind", "type:kind"], ["live"], ["print"])
    assert list(kinds["type"]) == ["live", "print"]


def test_what_was_read_is_described_as_the_file_has_it(read):
    layout = score_layout(COLUMNS, ["0"], (), "spoof")
    scores = read(HEADER + ROWS, COLUMNS, ["0"], (), "spoof")
    lines = layout.describe(scores, "x.csv").splitlines()
    assert lines[0].startswith("x.csv was read with clip = video_id, label = label, score = prob, frame = no")
    assert lines[0].endswith("higher prob is spoof (the score is -prob here)")
    assert lines[1:] == [
        "  live: label 0, 2 rows of 1 clips, mean prob 0.2",
        "  spoof: label 1, 2 rows of 2 clips, mean prob 0.85",
    ]


@pytest.mark.parametrize(
    "text, options, said",
    [
        ("video,label,prob\na,0,0.5\n", (["score:prob"], ["0"]), "lacks the column(s) clip; it has video, label, prob"),
        (HEADER + ROWS, (["score:p", "clip:user"],), "lacks the column(s) p; it has user, prob, label, video_id"),
        ("clip,label,score\na,0,0.5\nb,2,0.5\n", ((), ["0"]), "line 3: label must be 0 (live) or 1 (spoof)"),
        ("clip,y,score\na,real,0.5\n", (["label:y"],), "line 2: y must be 1 (live) or 0 (spoof)"),
        ("clip,label,prob\na,0,high\n", (["score:prob"],), "line 2: prob is not a finite number"),
        ("clip,label,prob\na,0,\n", (["score:prob"],), "line 2: prob is not a finite number"),
        ("clip,y,score,k\na,0,1,print\n", (["label:y", "type:k"], ["0"]), "line 2: y and k contradict each other"),
        ("clip,y,score,k\na,1,1,Real\n", (["label:y", "type:k"], ["0"]), "line 2: y and k contradict each other"),
        ("video,label,score\n,0,1\n", (["clip:video"],), "line 2: video is empty"),
    ],
)
def test_what_does_not_fit_is_refused_in_the_words_of_the_file(read, text, options, said):
    with pytest.raises(ScoreFileError, match="scores.csv") as caught:
        read(text, *options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "options, said",
    [
        ((["prob"],), "'prob' is not OURS:THEIRS"),
        ((["prob:score"],), "ours are clip, label, score, frame"),
        ((["score:a", "score:b"],), "names 'score' twice"),
        (((), ["real"]), "--label_spoof=LABEL"),
        (((), ["1"], ["1.0"]), "a label cannot be live and spoof, as 1 is"),
    ],
)
def test_descriptions_that_cannot_be_are_refused(options, said):
    with pytest.raises(ScoreLayoutError) as caught:
        score_layout(*options)
    assert said in str(caught.value)


def test_without_a_description_there_is_no_layout():
    assert score_layout() is None and field_layout(["clip", "label", "type", "score"]) is None
    assert score_layout((), (), (), "spoof").columns == {"clip": "clip", "label": "label", "score": "score"}
