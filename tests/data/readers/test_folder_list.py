"""A clips.csv at the root of a user's own folders is used only if it is that of the embedded dataset."""

import os

import pytest

from phystd_tf.data.readers.folder import list_clips

PATHS = ("train/live/s1/c00/000.jpg", "train/spoof/print/s1/c00/000.jpg", "train/spoof/print/s1/c01/000.jpg")
HEADER = "clip,split,type,subject,number,instrument,seeds,parameters"


def _instruments(root):
    listing = list_clips(root)
    assert [clip.id for clip in listing.clips] == [path.rsplit("/", 1)[0] for path in PATHS]
    assert not listing.ignored
    return [clip.instrument for clip in listing.clips]


def test_instruments_of_the_embedded_set(put):
    text = (
        f'{HEADER}\ntrain/spoof/print/s1/c01,train,print,s1,1,inkjet_photo,1 2,"{{}}"\n'
        "train/live/s1/c00,train,live,s1,0,,1,\ntrain/spoof/print/s1/c00,train,replay,s1,0,tablet,,\ngone,,,,,,,\n"
    )
    put(*PATHS)
    # A row with another type does not belong to this clip.
    assert _instruments(put("clips.csv", content=text.encode())) == ["", "", "inkjet_photo"]


def test_sessions_and_cameras_where_it_has_them(put):
    put(*PATHS)
    text = f"{HEADER},session,device\ntrain/live/s1/c00,train,live,s1,0,,1,,office,phone\n"
    live = list_clips(put("clips.csv", content=text.encode())).clips[0]
    assert (live.session, live.device, live.instrument) == ("office", "phone", "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"clip,instrument\ntrain/spoof/print/s1/c01,laser\n",
        b"\xff\xfe\0a\0b",
        HEADER.encode() + b"\n\xff\xff,train\n",
        HEADER.encode() + b"\ntrain/spoof/print/s1/c01\n",
        HEADER.encode() + b'\n"' + b"x" * 200000,
        bytes(range(256)),
    ],
)
def test_an_unrelated_list_does_no_harm(put, content):
    put(*PATHS)
    assert _instruments(put("clips.csv", content=content)) == ["", "", ""]


def test_nor_does_a_folder_of_that_name(put):
    root = put(*PATHS)
    os.mkdir(os.path.join(root, "train", "clips.csv"))
    assert [clip.instrument for clip in list_clips(root).clips] == ["", "", ""]
