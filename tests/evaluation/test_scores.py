import os
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tqdm import tqdm

from phystd_tf.evaluation import progress
from phystd_tf.evaluation import scores as scores_module
from phystd_tf.evaluation.scores import (
    SCORE_COLUMNS,
    ScoreFileError,
    at_level,
    by_instrument,
    read_scores,
    to_clips,
    with_score,
    write_scores,
)
from phystd_tf.evaluation.summary import summarize
from tests.evaluation.frames import term_frames

HEADER = "clip,label,type,score\n"


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "scores.csv"
        path.write_bytes(text.encode(encoding))
        return str(path)

    return write


def test_what_is_written_is_read_again(tmp_path):
    frame = with_score(term_frames([0.4, 0.5], [0.1], [0.0, 0.01], [0.123456789]), -1.5)
    path = tmp_path / "new" / "scores.csv"
    write_scores(frame, str(path))
    assert [entry.name for entry in path.parent.iterdir()] == ["scores.csv"]
    back = read_scores(str(path))
    assert tuple(back.columns) == SCORE_COLUMNS
    pd.testing.assert_frame_equal(back, frame.reset_index(drop=True), check_dtype=False, atol=1e-8)


def test_names_that_look_like_numbers_or_like_nothing_stay_names(written):
    scores = read_scores(written("clip,subject,label,type,score\n007,NA,1,live,0.5\nNA,,0,null,0.1\n"))
    assert list(scores["clip"]) == ["007", "NA"]
    assert list(scores["subject"]) == ["NA", "NA"]  # the second is the name of the clip
    assert list(scores["type"]) == ["live", "null"]
    assert len(to_clips(scores)) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_other_systems_and_spreadsheets(written, encoding, end):
    text = end.join(["clip, label,type,score,note", "a,1, Live,0.5,x", "a,1,live,0.7,", "b,0,,1e-3,y", ""])
    scores = read_scores(written(text, encoding))
    assert list(scores["label"]) == [1, 1, 0] and list(scores["type"]) == ["live", "live", "unknown"]
    assert list(scores["frame"]) == [0, 1, 0] and list(scores["subject"]) == ["a", "a", "b"]
    assert list(to_clips(scores)["score"]) == pytest.approx([0.6, 1e-3])


FIELD_HEADER = "claimed_id,test_label,is_bonafide,attack_type,score\n"


def test_the_format_of_the_field(written):
    rows = ["ann,a,True,,0.9", "ann,b,1,None,0.8", "bob,c,bonafide,bonafide,0.7", ",d,true,-,0.6"]
    rows += ["ann,e,False,print,0.1", "bob,f,0,Mask 2,0.2", "bob,g,attack,none,0.3"]
    scores = read_scores(written(FIELD_HEADER + "\n".join(rows)))
    assert list(scores["clip"]) == list("abcdefg")
    assert list(scores["subject"]) == ["ann", "ann", "bob", "d", "ann", "bob", "bob"]
    assert list(scores["label"]) == [1, 1, 1, 1, 0, 0, 0]
    assert list(scores["type"]) == ["live"] * 4 + ["print", "Mask 2", "unknown"]
    assert list(scores["score"]) == [0.9, 0.8, 0.7, 0.6, 0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    "text, said",
    [
        (FIELD_HEADER + "s,a,1,,0.5\ns,b,maybe,print,0.5\n", "line 3: is_bonafide must be"),
        (FIELD_HEADER + "s,a,,print,0.5\n", "line 2: is_bonafide must be"),
        (FIELD_HEADER + "s,a,1,print,0.5\n", "line 2: is_bonafide and attack_type contradict"),
        (FIELD_HEADER + "s,a,0,live,0.5\n", "line 2: is_bonafide and attack_type contradict"),
        (FIELD_HEADER + "s,,1,,0.5\n", "line 2: test_label is empty"),
        (FIELD_HEADER + "s,a,1,,\n", "line 2: score"),
        ("test_label,is_bonafide,score\na,1,0.5\n", "lacks the column(s) attack_type"),
    ],
)
def test_the_format_of_the_field_is_refused_in_its_own_words(written, text, said):
    with pytest.raises(ScoreFileError, match="scores.csv") as caught:
        read_scores(written(text))
    assert said in str(caught.value)


def test_frames_in_the_format_of_the_field_name_their_video(written):
    more = FIELD_HEADER.strip() + ",frame_id,video_key\n"
    scores = read_scores(written(more + "s,v_4,True,,0.4,4,v\ns,v_9,True,,0.8,9,v\nt,w_4,False,print,0.1,4,w\n"))
    assert list(scores["clip"]) == ["v", "v", "w"] and list(scores["frame"]) == [4, 9, 4]
    assert list(to_clips(scores)["score"]) == pytest.approx([0.6, 0.1])
    # Without these columns, rows of the same label are the frames of a clip.
    assert list(read_scores(written(FIELD_HEADER + "s,v,1,,0.4\ns,v,1,,0.8\n"))["frame"]) == [0, 1]
    with pytest.raises(ScoreFileError, match="line 3: video_key is empty"):
        read_scores(written(more + "s,v_4,True,,0.4,4,v\ns,v_9,True,,0.8,9,\n"))


def test_columns_of_other_systems_that_are_called_as_ours_are_left_out(written):
    header = FIELD_HEADER.strip() + ",type,clip,subject,frame,depth\n"
    scores = read_scores(written(header + "s,a,True,,0.5,real,x,y,z,deep\nt,b,False,print,0.1,real,x,y,z,deep\n"))
    assert list(scores["type"]) == ["live", "print"] and list(scores["clip"]) == ["a", "b"]
    assert list(scores["subject"]) == ["s", "t"] and list(scores["frame"]) == [0, 0] and "depth" not in scores


def test_empty_lines_are_nothing_but_count_as_lines(written):
    scores = read_scores(written(HEADER + "\na,1,live,0.5\n,,,\nb,0,print,0.1\n\n"))
    assert list(scores["clip"]) == ["a", "b"] and list(scores.index) == [0, 1]
    with pytest.raises(ScoreFileError, match="line 5: score"):
        read_scores(written(HEADER + "\na,1,live,0.5\n\nb,0,print,x\n"))


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "can be read"),
        (HEADER, "has no row"),
        ("clip,label,score\na,1,0.5\n", "lacks the column(s) type"),
        (HEADER + "a,1,live,\n", "line 2: score"),
        (HEADER + "a,1,live,0.5\nb,0,print,nan\n", "line 3: score"),
        (HEADER + "a,1,live,inf\n", "line 2: score"),
        (HEADER + "a,1,live\n", "line 2: 3 values, but the header has 4 names; the line is cut off"),
        (HEADER + "a,1,live,high\n", "line 2: score"),
        (HEADER + "a,-1,print,0.5\n", "line 2: label"),
        (HEADER + "a,real,live,0.5\n", "line 2: label"),
        (HEADER + "a,0.5,live,0.5\n", "line 2: label"),
        (HEADER + "a,0,live,0.5\n", "contradict"),
        (HEADER + "a,1,print,0.5\n", "contradict"),
        (HEADER + ",1,live,0.5\n", "clip is empty"),
        (HEADER + "a,1,live,0.5,7\n", "line 2: 5 values, more than the 4 names in the header"),
        ("clip,frame,label,type,score\na,3,1,live,0.5\na,03,1,live,0.6\n", "line 3: the same frame"),
        ("clip,frame,label,type,score,depth\na,3,1,live,0.5,nan\n", "line 2: depth"),
        (HEADER + "a,1,print,0.5\n" * 5, "line 2, 3, 4 and 2 more"),
        ("\n\n", "can be read"),
        (HEADER + "\n,,,\n", "has no row"),
        ("clip\0,\xff", "score"),
        ("clip,label,type,score\0\n", "line 1: not text (a byte of zero)"),
        (HEADER + "a,1,live,0.9\nb\xff,1,live,0.1\n", "not UTF-8"),
        # Rows that a CSV reader would merge into one, so that BPCER is 0 and not 50 %.
        (
            HEADER + 'a,1,live,0.9\n"b,1,live,0.1\nc,1,live,0.05\nd",1,live,0.8\ne,0,print,0.1\n',
            "line 3: a stray quotation mark",
        ),
        (HEADER + 'a,1,live,0.9\n"b\nc",1,live,0.1\n', "line 3: a stray quotation mark"),
        (HEADER + 'a"b"c,1,live,0.9\n', "line 2: a stray quotation mark"),
        (HEADER + '"a"b,1,live,0.9\n', "line 2: a stray quotation mark"),
        # From a spreadsheet whose decimal mark is a comma.
        ("clip;label;type;score\na;1;live;0,9\n", "separated by semicolons"),
        ("clip\tlabel\ttype\tscore\na\t1\tlive\t0.9\n", "separated by tabs"),
        (HEADER + "a,1,live,0,9\nb,0,print,0,1\n", "line 2: 5 values, more than the 4 names in the header (a decimal"),
        (HEADER + 'a,1,live,"0,9"\n', "line 2: score is not a finite number (write a point, not a decimal comma)"),
        ("clip,label,type,score, score\na,1,live,0.9,0.1\n", "has the column 'score' twice"),
        ("a" * 200000, "its first line is endless"),
        (HEADER + "a" * 200000, "line 2: 1 values"),
    ],
)
def test_files_that_would_give_wrong_rates_are_refused_by_name(written, text, said):
    path = written(text, "latin-1")
    with pytest.raises(ScoreFileError) as caught:
        read_scores(path)
    assert said in str(caught.value) and path in str(caught.value)


def test_values_in_quotation_marks_are_read(written):
    scores = read_scores(written('"clip",label, "type",score\n"a, ""b""",1,"live","0.5"\n c ,0, "half mask",0.1\n'))
    assert list(scores["clip"]) == ['a, "b"', "c"] and list(scores["type"]) == ["live", "half mask"]


def test_one_species_in_several_spellings_is_one(written):
    """Three of four prints are refused: an APCER of 25 %, not of 100 % for the one with another spelling."""
    rows = [f"l{i},1,Live,{score}" for i, score in enumerate((0.9, 0.8, 0.7, 0.6))]
    rows += ["a,0,print,0.1", "b,0,Print,0.2", "c,0,PRINT,0.8", "d,0,print,0.3"]
    rows += ["e,0,caf\u00e9,0.1", "f,0,Cafe\u0301,0.1"]  # an accent in one character or in two
    scores = read_scores(written(HEADER + "\n".join(rows)))
    assert list(scores["type"]) == ["live"] * 4 + ["print"] * 4 + ["caf\u00e9"] * 2
    summary = summarize(scores, 0.5, "a test", 0.01)
    assert (summary["apcer"], summary["bpcer"], summary["acer"]) == (0.25, 0.0, 0.125)
    header = "clip,label,type,instrument,score\n"
    scores = read_scores(written(header + "a,0,print,Paper,0.1\nb,0,print,paper,0.1\n"))
    assert list(by_instrument(scores, "x")["type"]) == ["Paper", "Paper"]


def test_a_file_is_the_same_however_small_its_pieces_are(written, monkeypatch):
    text = "clip,frame,subject,type,label,score\n" + "".join(
        f"c{i // 3},{i % 3},s{i // 6},{('live', 'Print', 'print')[i // 3 % 3]},{int(i // 3 % 3 == 0)},0.{i}\n\n"
        for i in range(60)
    )
    path = written(text)
    whole = read_scores(path)
    monkeypatch.setattr(scores_module, "_PIECE", 7)
    pd.testing.assert_frame_equal(read_scores(path), whole)
    assert len(whole) == 60 and list(whole["type"].unique()) == ["live", "Print"]
    with pytest.raises(ScoreFileError, match="line 122: the same frame"):
        read_scores(written(text + "c0,2,s0,live,1,0.5\n"))
    with pytest.raises(ScoreFileError, match="line 122: score"):
        read_scores(written(text + "c99,0,s0,live,1,x\n"))


def test_a_long_file_shows_how_far_it_is(written, monkeypatch):
    bars = []

    def kept(*arguments, **options):
        bars.append(tqdm(*arguments, **options))
        return bars[-1]

    monkeypatch.setattr(progress, "tqdm", kept)
    monkeypatch.setattr(scores_module, "_PIECE", 2)
    read_scores(written(HEADER + "\n".join(f"{clip},1,live,0.5" for clip in "abcde")))
    assert [(bar.desc, bar.total, bar.n) for bar in bars] == [("checking lines", None, 5), ("reading scores", 5, 5)]


def test_names_share_their_memory(written, monkeypatch):
    """The memory of a row does not grow with the length of its texts."""
    monkeypatch.setattr(scores_module, "_PIECE", 5000)
    long = "x" * 1000
    rows = "".join(f"{long}{i // 50},{i % 50},{long},live,1,0.5\n" for i in range(20000))
    path = written("clip,frame,subject,type,label,score\n" + rows)
    scores = read_scores(path)
    assert len({id(name) for name in scores["subject"]}) == 1 and len({id(name) for name in scores["clip"]}) == 400


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_by_name_or_read_as_it_stands(tmp_path_factory, data):
    """Whatever bytes are damaged, no row may be lost or merged."""
    good = b'clip,frame,subject,type,label,score\na,0,s,live,1,0.5\n"b, c",1,t,print,0,1e-3\nd,2,u,Print,0,-1\n'
    place = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 12))
    new = data.draw(st.one_of(st.binary(max_size=6), st.text("\",;\n\r'\\ 0.x\0", max_size=6).map(str.encode)))
    bad = good[:place] + new + good[place + cut :]
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(bad)
    try:
        scores = read_scores(str(path))
    except ScoreFileError as error:
        assert str(path) in str(error)
        return
    lines = re.split(r"\r\n|\r|\n", bad.decode("utf-8-sig"))
    assert len(scores) == sum(bool(line.strip(", ")) for line in lines) - 1
    assert np.isfinite(scores["score"]).all() and set(scores["label"]) <= {0, 1}


def test_a_missing_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")  # reading it would never end
    for path in (tmp_path / "none.csv", tmp_path, tmp_path / "pipe.csv"):
        with pytest.raises(ScoreFileError, match=str(path)):
            read_scores(str(path))


def test_a_clip_is_the_mean_of_its_frames_however_many():
    frames = pd.DataFrame({
        "clip": ["a", "b", "a", "a"], "frame": [0, 0, 5, 9], "subject": ["s", "t", "s", "s"],
        "type": ["live", "print", "live", "live"], "label": [1, 0, 1, 1], "score": [0.0, 0.5, 0.3, 0.9],
    })  # fmt: skip
    clips = at_level(frames, "clip")
    assert list(clips["clip"]) == ["a", "b"] and list(clips["score"]) == pytest.approx([0.4, 0.5])
    assert at_level(frames, "frame") is frames
    with pytest.raises(ValueError, match="video"):
        at_level(frames, "video")


def test_a_clip_of_two_kinds_is_refused():
    frames = term_frames([0.4], [0.1], [0.0], [0.1]).assign(clip="same", frame=[0, 1], score=0.0)
    with pytest.raises(ScoreFileError, match="same"):
        to_clips(frames)


def test_error_rates_can_be_of_instruments(written):
    text = (
        "clip,frame,label,type,instrument,score\na,0,1,live,live_2,.9\n"
        "b,0,0,print, print_1 ,.1\nb,1,0,print,print_1,.3\nc,0,0,replay,,.2\n"
    )
    clips = by_instrument(to_clips(read_scores(written(text))), "x.csv")
    assert list(clips["type"]) == ["live", "print_1", "replay"] and list(clips["score"]) == [0.9, 0.2, 0.2]
    with pytest.raises(ScoreFileError, match="x.csv names no instrument"):
        by_instrument(read_scores(written(HEADER + "a,1,live,.9\nb,0,print,.1\n")), "x.csv")
    mixed = text.replace("b,1,0,print,print_1", "b,1,0,print,print_2")
    with pytest.raises(ScoreFileError, match="'b' has frames of more than one"):
        to_clips(read_scores(written(mixed)))
