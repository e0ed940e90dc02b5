import fractions
import itertools
import os
import pathlib
import struct

import av
import cv2
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from phystd_tf.files.video import DamagedFrameError, UnreadableVideoError, is_video, iterate_frames
from tests.damage import damaged_bytes
from tests.files.motion_jpeg import avi, jpeg

WIDTH, HEIGHT, FRAMES = 64, 48, 12
ONE = 1 << 16  # of the fixed-point numbers in a display matrix
MATRICES = {
    0: (ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30),
    90: (0, ONE, 0, -ONE, 0, 0, HEIGHT * ONE, 0, 1 << 30),
    180: (-ONE, 0, 0, 0, -ONE, 0, WIDTH * ONE, HEIGHT * ONE, 1 << 30),
    270: (0, -ONE, 0, ONE, 0, 0, 0, WIDTH * ONE, 1 << 30),
}


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> str:
    """Frame i is 20 i gray, with a white mark in the upper left corner."""
    path = str(tmp_path_factory.mktemp("video") / "v.mp4")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 25, (WIDTH, HEIGHT))
    for i in range(FRAMES):
        frame = np.full((HEIGHT, WIDTH, 3), 20 * i, np.uint8)
        frame[:16, :16] = 255
        writer.write(frame)
    writer.release()
    return path


def _levels(frames) -> list:
    return [(index, round(frame[30:, 30:].mean() / 20)) for index, frame in frames]


def test_frames_come_in_order_with_their_index(video):
    assert _levels(iterate_frames(video)) == [(i, i) for i in range(FRAMES)]


def test_step_and_maximum_choose_frames(video):
    assert _levels(iterate_frames(video, frame_step=5)) == [(0, 0), (5, 5), (10, 10)]
    assert _levels(iterate_frames(video, frame_step=3, max_frames=2)) == [(0, 0), (3, 3)]


@pytest.mark.parametrize("rate", [0.5, 25, 240, 2000])
def test_the_frame_rate_does_not_choose_frames(tmp_path, rate):
    path = str(tmp_path / "clip.mp4")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), rate, (64, 48))
    for level in range(12):
        writer.write(np.full((48, 64, 3), 20 * level, np.uint8))
    writer.release()
    frames = list(iterate_frames(path, frame_step=5))
    assert [index for index, _ in frames] == [0, 5, 10]
    assert all(abs(float(frame.mean()) - 20 * index) < 4 for index, frame in frames)


def test_frames_are_read_one_by_one(video):
    frames = iterate_frames(video)
    assert [index for index, _ in itertools.islice(frames, 2)] == [0, 1]
    frames.close()


@pytest.mark.parametrize("angle, corner", [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_the_rotation_tag_is_applied(tmp_path, video, angle, corner):
    data = bytearray(pathlib.Path(video).read_bytes())
    matrix = data.find(b"tkhd") + 4 + 4 + 20 + 16  # in a header of version 0, as OpenCV writes it
    data[matrix : matrix + 36] = struct.pack(">9i", *MATRICES[angle])
    path = tmp_path / "turned.mp4"
    path.write_bytes(data)
    _, frame = next(iterate_frames(str(path)))
    assert frame.shape == ((HEIGHT, WIDTH, 3) if angle % 180 == 0 else (WIDTH, HEIGHT, 3))
    marks = {(y, x): frame[8 if y == 0 else -8, 8 if x == 0 else -8].mean() for y in (0, -1) for x in (0, -1)}
    assert max(marks, key=marks.get) == corner


def test_the_frame_count_of_the_header_is_not_believed(tmp_path, video):
    data = bytearray(pathlib.Path(video).read_bytes())
    header = data.find(b"mvhd")
    data[header + 4 + 4 + 8 + 4 : header + 4 + 4 + 8 + 8] = struct.pack(">I", 10**8)  # duration
    path = tmp_path / "long.mp4"
    path.write_bytes(data)
    assert len(list(iterate_frames(str(path)))) == FRAMES


@pytest.mark.parametrize("content", [b"", b"not a video\n", "cut"])
def test_what_is_no_video_is_refused_by_name(tmp_path, video, content):
    path = tmp_path / "bad01.mp4"
    path.write_bytes(pathlib.Path(video).read_bytes()[:600] if content == "cut" else content)
    with pytest.raises(UnreadableVideoError, match=r"bad01\.mp4"):
        next(iterate_frames(str(path)))


def test_missing_files_and_folders_are_refused_by_name(tmp_path):
    for path in (tmp_path / "no.mp4", tmp_path):
        with pytest.raises(UnreadableVideoError, match=path.name):
            next(iterate_frames(str(path)))


def test_hidden_files_are_no_videos():
    assert is_video("a/b.MOV") and is_video("b.mp4")
    assert not any(map(is_video, ("a/.b.mp4", "._b.mp4", "b.jpg")))


@pytest.fixture(scope="module")
def colors() -> np.ndarray:
    """A smooth picture of many colors, [96, 128, 3]."""
    y, x = np.mgrid[:96, :128]
    return np.stack([x * 2, y * 2, 255 - x - y], axis=2).astype(np.uint8)


@pytest.mark.parametrize("subsampling", [[2, 2, 2, 1, 2, 2, 0, 2], [1, 2, 2, 0, 0, 2, 1, 2], [0, 1, 2]])
@pytest.mark.parametrize("step", [1, 3])
def test_frames_of_motion_jpeg_may_change_their_pixel_format(tmp_path, colors, subsampling, step):
    path = tmp_path / "v.avi"
    path.write_bytes(avi([jpeg(colors, each) for each in subsampling], 128, 96))
    frames = list(iterate_frames(str(path), frame_step=step))
    assert [index for index, _ in frames] == list(range(0, len(subsampling), step))
    for _, frame in frames:
        assert np.abs(frame.astype(int) - colors).mean() < 2  # noise would give 50, colors of another format 8


def test_gray_frames_among_those_in_color_are_gray(tmp_path, colors):
    path = tmp_path / "v.avi"
    path.write_bytes(avi([jpeg(colors, 2), jpeg(colors[..., 0], 0), jpeg(colors, 2)], 128, 96))
    frames = [frame.astype(int) for _, frame in iterate_frames(str(path))]
    for frame, expected in zip(frames, (colors, np.repeat(colors[..., :1], 3, axis=2), colors)):
        assert np.abs(frame - expected).mean() < 2


_CODECS = {
    "libx264": ".mp4", "mpeg4": ".avi", "mpeg2video": ".mkv", "h263": ".3gp", "wmv2": ".avi", "mjpeg": ".mov",
}  # fmt: skip
_KEY_FRAMES = 6


def _film(path, codec: str, count=20, **container_options) -> None:
    """A moving picture with a key frame every sixth frame."""
    texture = np.random.default_rng(0).integers(0, 256, (36, 44, 3), dtype=np.uint8)
    texture = cv2.resize(texture, (440, 360), interpolation=cv2.INTER_CUBIC)
    with av.open(path, "w", options=container_options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.bit_rate = 352, 288, 2_000_000
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.gop_size = _KEY_FRAMES
        stream.codec_context.thread_count = 2  # the bytes depend on it; by default it is that of the processors
        for index in range(count):
            picture = np.ascontiguousarray(texture[index : 288 + index, 2 * index : 352 + 2 * index])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def _with_lost_bytes(path: str, number: int) -> bytes:
    """The video with zeros in the middle of a packet."""
    with av.open(path) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][number]
    data = bytearray(pathlib.Path(path).read_bytes())
    start = packet.pos + packet.size // 3
    data[start : start + packet.size // 2] = bytes(packet.size // 2)
    return bytes(data)


@pytest.mark.parametrize("codec", _CODECS)
@pytest.mark.parametrize("number", [6, 9])
def test_damaged_frames_are_named_and_the_others_are_exact(tmp_path, codec, number):
    path = str(tmp_path / f"whole{_CODECS[codec]}")
    _film(path, codec)
    whole = dict(iterate_frames(path))
    assert sorted(whole) == list(range(20)) and not any(isinstance(frame, Exception) for frame in whole.values())
    damaged = tmp_path / f"damaged{_CODECS[codec]}"
    damaged.write_bytes(_with_lost_bytes(path, number))
    frames = dict(iterate_frames(str(damaged)))
    lost = [index for index, frame in frames.items() if isinstance(frame, DamagedFrameError)]
    assert lost and all(f"damaged{_CODECS[codec]}: frame {index} is damaged" in str(frames[index]) for index in lost)
    assert len(lost) <= 2 * _KEY_FRAMES
    for index in set(frames) - set(lost):
        np.testing.assert_array_equal(frames[index], whole[index])


@pytest.mark.parametrize("suffix", [".avi", ".mp4"])
def test_the_frame_in_which_a_video_is_cut_off_is_damaged(tmp_path, suffix):
    path = str(tmp_path / f"whole{suffix}")
    _film(path, "mpeg4", **({"movflags": "faststart"} if suffix == ".mp4" else {}))
    with av.open(path) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][10]
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(pathlib.Path(path).read_bytes()[: packet.pos + packet.size // 2])
    frames = dict(iterate_frames(str(cut)))
    assert sorted(frames) == list(range(11))
    assert [index for index, frame in frames.items() if isinstance(frame, DamagedFrameError)] == [10]


def test_h264_may_change_its_pixel_format_and_its_size(tmp_path, colors):
    path = tmp_path / "v.mp4"
    data = b""
    for pixel_format, size in (("yuv420p", 1), ("yuv444p", 1), ("yuv420p", 2), ("gray", 1)):
        picture = np.ascontiguousarray(colors[::size, ::size])
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = picture.shape[1], picture.shape[0], pixel_format
        encoder.time_base, encoder.options = fractions.Fraction(1, 25), {"crf": "1"}
        packets = [*encoder.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")), *encoder.encode()]
        data += b"".join(map(bytes, packets))
    path.write_bytes(data)  # a stream without a container
    first, second, third, fourth = (frame.astype(int) for _, frame in iterate_frames(str(path)))
    for frame, expected in ((first, colors), (second, colors), (third, colors[::2, ::2])):
        assert np.abs(frame - expected).mean() < 4
    assert np.ptp(fourth, axis=2).max() == 0


def test_a_frame_of_too_many_pixels_is_not_decoded(video, monkeypatch):
    monkeypatch.setattr("phystd_tf.files.video._MOST_PIXELS", WIDTH * HEIGHT - 1)
    assert all(isinstance(frame, DamagedFrameError) for _, frame in iterate_frames(video))


def test_names_that_are_not_utf8_are_read(tmp_path, video):
    path = tmp_path / os.fsdecode(b"caf\xe9\xff.mp4")
    path.write_bytes(pathlib.Path(video).read_bytes())
    assert _levels(iterate_frames(str(path))) == [(i, i) for i in range(FRAMES)]


@pytest.mark.parametrize(
    "content",
    ["#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n", "ffconcat version 1.0\nfile other.mp4\n"],
)
def test_playlists_are_not_followed(tmp_path, video, content):
    # A playlist leads to other files and addresses, and one without an end is polled forever.
    other = tmp_path / "other.mp4"
    other.write_bytes(pathlib.Path(video).read_bytes())
    path = tmp_path / "list.mp4"
    path.write_text(content.format(other))
    with pytest.raises(UnreadableVideoError, match=r"list\.mp4"):
        next(iterate_frames(str(path)))


def test_what_is_no_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")  # reading it would never end
    (tmp_path / "link.mp4").symlink_to("nowhere.mp4")
    for name, why in (("pipe.mp4", "a pipe or a device"), ("link.mp4", "a link to nowhere.mp4, which does not exist")):
        with pytest.raises(UnreadableVideoError, match=why):
            next(iterate_frames(str(tmp_path / name)))


@hypothesis.settings(max_examples=30, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(data=strategies.data(), kind=strategies.sampled_from(["mp4", "avi"]))
def test_damaged_videos_end_or_are_refused_by_name(tmp_path, video, colors, data, kind):
    whole = pathlib.Path(video).read_bytes() if kind == "mp4" else avi([jpeg(colors, 2), jpeg(colors, 1)] * 3, 128, 96)
    path = tmp_path / "damaged.bin"
    path.write_bytes(damaged_bytes(data.draw, whole))
    try:
        frames = list(itertools.islice(iterate_frames(str(path)), 200))
    except UnreadableVideoError as error:
        assert "damaged.bin" in str(error)
    else:
        assert len(frames) < 200
        for _, frame in frames:
            assert isinstance(frame, DamagedFrameError) or frame.ndim == 3 and frame.dtype == np.uint8
