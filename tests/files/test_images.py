import io
import os
import resource
import struct
import zlib

import cv2
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from PIL import EpsImagePlugin, Image

from phystd_tf.files.images import UnreadableImageError, UnwritableImageError, is_image, read_image, write_image
from tests.damage import damaged_bytes


@pytest.fixture
def picture() -> np.ndarray:
    """A smooth picture with a red, a green and a blue corner, RGB."""
    picture = np.full((40, 60, 3), 128, np.uint8)
    picture[:15, :20], picture[:15, -20:], picture[-15:, :20] = (250, 10, 10), (10, 250, 10), (10, 10, 250)
    return picture


def _encode(picture: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, picture[..., ::-1] if picture.ndim == 3 else picture)[1].tobytes()


def _write(path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_pictures_come_as_rgb_whatever_they_are_called(tmp_path, picture, suffix):
    for name in (f"a{suffix}", "renamed.png"):
        image = read_image(_write(tmp_path / name, _encode(picture, suffix)))
        assert image.dtype == np.uint8
        assert np.abs(image[3:10, 3:15].astype(int) - (250, 10, 10)).max() < 40


def _with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF segment that has an orientation."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 1) + entry + struct.pack(">I", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


@pytest.mark.parametrize(
    "orientation, upright",
    [
        (1, lambda x: x),
        (2, lambda x: x[:, ::-1]),
        (3, lambda x: x[::-1, ::-1]),
        (6, lambda x: np.rot90(x, -1)),
        (8, np.rot90),
    ],
)
def test_the_orientation_of_exif_is_applied(tmp_path, picture, orientation, upright):
    image = read_image(_write(tmp_path / "a.jpg", _with_orientation(_encode(picture, ".jpg"), orientation)))
    expected = upright(picture)
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 5


def test_grey_gets_three_channels(tmp_path):
    image = read_image(_write(tmp_path / "a.png", _encode(np.full((8, 9), 77, np.uint8), ".png")))
    np.testing.assert_array_equal(image, np.full((8, 9, 3), 77))


def test_alpha_is_dropped(tmp_path, picture):
    transparent = cv2.imencode(".png", np.dstack([picture[..., ::-1], np.zeros(picture.shape[:2], np.uint8)]))[1]
    np.testing.assert_array_equal(read_image(_write(tmp_path / "a.png", transparent.tobytes())), picture)


@pytest.mark.parametrize("deep, byte", [(0, 0), (65535, 255), (128 * 257, 128), (40000, 156)])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_16_bits_are_scaled_to_8(tmp_path, deep, byte, channels):
    image = read_image(_write(tmp_path / "a.png", _encode(np.full((5, 5) + channels, deep, np.uint16), ".png")))
    np.testing.assert_array_equal(image, np.full((5, 5, 3), byte))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_a_file_that_is_cut_off_is_refused(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = _encode(noise, suffix)
    for share in (0.02, 0.5, 0.99):
        path = _write(tmp_path / f"half{suffix}", data[: int(len(data) * share)])
        with pytest.raises(UnreadableImageError, match=f"half{suffix}"):
            read_image(path)


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    """A picture with detail everywhere, always the same: in 1 of 25 other pictures, a cut goes unnoticed."""
    picture = Image.effect_mandelbrot((320, 240), (-2, -1, 1, 1), 60).convert("RGB")
    noise = np.clip(np.random.default_rng(0).normal(128, 60, (240, 320)), 0, 255).astype(np.uint8)
    return Image.blend(picture, Image.fromarray(noise).convert("RGB"), 0.3)


def _jpeg(picture: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90, **options)
    return file.getvalue()


_JPEGS = {
    "baseline": {}, "progressive": {"progressive": True}, "restarts": {"restart_marker_rows": 1},
    "4:4:4": {"subsampling": 0}, "RGB": {"keep_rgb": True},
}  # fmt: skip


@pytest.mark.parametrize("kind", _JPEGS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_that_is_damaged_in_its_middle_is_refused(tmp_path, portrait, kind, mode):
    whole = _jpeg(portrait.convert(mode), **_JPEGS[kind])
    assert read_image(_write(tmp_path / "whole.jpg", whole)).shape == (240, 320, 3)
    start = whole.rindex(b"\xff\xda") if kind != "progressive" else whole.index(b"\xff\xda")
    middle = (start + len(whole)) // 2
    foreign = np.random.default_rng(0).bytes(512)
    for instead in (b"", foreign, bytes(512)):
        if instead == bytes(512) and mode != "RGB":
            continue  # with these bytes, it happens to be another valid picture
        with pytest.raises(UnreadableImageError, match=r"a\.jpg: the file is cut off or damaged"):
            read_image(_write(tmp_path / "a.jpg", whole[:middle] + instead + whole[middle + 512 :]))


def test_what_cameras_add_to_a_jpeg_is_no_damage(tmp_path, portrait):
    whole = _jpeg(portrait)
    exif = _with_orientation(whole, 1)
    thumbnail = b"Exif\0\0" + _jpeg(portrait.resize((80, 60)))
    oddities = {
        "padding": whole[:-2] + b"\0\0" + whole[-2:],
        "filling": whole[:-2] + b"\xff" * 9 + whole[-2:],
        "exif": exif,
        "thumbnail": whole[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + whole[2:],
        "second picture": whole + whole[: len(whole) // 2],
        "film": whole + b"\0\0\0\x18ftypmp42" + b"\xff\xda\0" * 50,
        "odd version of JFIF": whole.replace(b"JFIF\0\1\1", b"JFIF\0\7\1"),
    }
    for name, data in oddities.items():
        assert data != whole
        np.testing.assert_array_equal(read_image(_write(tmp_path / f"{name}.jpg", data)), _decoded(whole))


def _decoded(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)))


def test_a_cut_off_photograph_with_a_thumbnail_is_refused(tmp_path, picture):
    jpeg = _encode(picture, ".jpg")
    thumbnail = b"Exif\0\0" + jpeg
    photograph = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + jpeg[2:]
    assert read_image(_write(tmp_path / "whole.jpg", photograph)).shape == picture.shape
    with pytest.raises(UnreadableImageError, match="cut off"):
        read_image(_write(tmp_path / "half.jpg", photograph[:-40]))


def test_what_telephones_append_to_a_photograph_does_no_harm(tmp_path, picture):
    for suffix in (".jpg", ".png"):
        data = _encode(picture, suffix) + b"\0\0\0\x18ftypmp42" + b"\xff\xda\x00" * 50
        assert read_image(_write(tmp_path / f"motion{suffix}", data)).shape == picture.shape


def test_a_png_with_a_damaged_byte_is_refused_wherever_it_is(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = _encode(noise, ".png")
    for position in (20, 30, 60, len(whole) // 2, len(whole) - 20):
        data = bytearray(whole)
        data[position] ^= 0x01
        with pytest.raises(UnreadableImageError, match=r"a\.png"):
            read_image(_write(tmp_path / "a.png", bytes(data)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_the_orientation_of_every_format_is_applied(tmp_path, picture, kind):
    path = tmp_path / f"a.{kind.lower()}"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    Image.fromarray(picture).save(path, format=kind, exif=exif)
    image = read_image(str(path))
    expected = np.rot90(picture, -1)
    assert image.shape == expected.shape and np.abs(image.astype(int) - expected).mean() < 8


def test_palettes_and_print_colors_become_rgb(tmp_path, picture):
    for mode, name in (("P", "a.png"), ("CMYK", "a.jpg"), ("LA", "b.png"), ("1", "c.png")):
        Image.fromarray(picture).convert(mode).save(tmp_path / name)
        image = read_image(str(tmp_path / name))
        assert image.shape == picture.shape and image.dtype == np.uint8


def test_tiffs_are_read_and_those_of_several_pages_refused(tmp_path, picture):
    page = Image.fromarray(picture)
    page.save(tmp_path / "one.tif")
    np.testing.assert_array_equal(read_image(str(tmp_path / "one.tif")), picture)
    page.save(tmp_path / "two.tiff", save_all=True, append_images=[page])
    with pytest.raises(UnreadableImageError, match=r"two\.tiff: a TIFF of several pages"):
        read_image(str(tmp_path / "two.tiff"))
    data = (tmp_path / "one.tif").read_bytes()
    with pytest.raises(UnreadableImageError, match=r"half\.tif"):
        read_image(_write(tmp_path / "half.tif", data[: len(data) // 2]))


def test_an_image_of_too_many_pixels_is_refused(tmp_path, monkeypatch, picture):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(UnreadableImageError, match=r"a\.png: too large"):
        read_image(_write(tmp_path / "a.png", _encode(picture, ".png")))


@pytest.mark.parametrize(
    "data, reason",
    [(b"", "empty"), (b"GIF89a" + bytes(64), "GIF"), (b"not an image\n", "not an image"), (b"\xff\xd8\xff", "cut off")],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path, data, reason):
    with pytest.raises(UnreadableImageError, match=reason) as caught:
        read_image(_write(tmp_path / "face.jpg", data))
    assert "face.jpg" in str(caught.value)


@pytest.mark.parametrize("kind", ["EPS", "JPEG2000", "PPM", "TGA", "ICO", "PCX", "DDS", "ICNS", "SGI", "PDF"])
def test_formats_that_are_not_meant_are_not_opened_whatever_they_are_called(tmp_path, monkeypatch, kind):
    started = tmp_path / "started"
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\ntouch {started}\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    path = tmp_path / "face.png"
    Image.new("RGB", (64, 64)).save(path, kind)
    with pytest.raises(UnreadableImageError, match=r"face\.png: not an image that can be read"):
        read_image(str(path))
    assert not started.exists()


def test_missing_files_and_folders_are_refused_by_name(tmp_path):
    for path in (tmp_path / "no.jpg", tmp_path):
        with pytest.raises(UnreadableImageError, match=path.name):
            read_image(str(path))


def test_hidden_files_are_no_images():
    assert is_image("a/b.JPG") and is_image("b.webp")
    assert not any(map(is_image, ("a/.b.jpg", "._b.jpg", "b.gif", "b.txt", "jpg")))


NOT_UTF8 = os.fsdecode(b"caf\xe9\xff")


def test_names_that_are_not_utf8_are_read_and_written(tmp_path, picture):
    path = str(tmp_path / f"{NOT_UTF8}.png")
    write_image(picture, path)
    np.testing.assert_array_equal(read_image(path), picture)
    with pytest.raises(UnreadableImageError, match="no such file"):
        read_image(f"{path}.jpg")


def test_a_picture_of_an_unknown_format_is_refused_and_nothing_written(tmp_path, picture):
    for name in ("a.xyz", "a"):
        with pytest.raises(UnwritableImageError, match="ends with .png"):
            write_image(picture, str(tmp_path / name))
    assert not os.listdir(tmp_path)


def _with_chunk(png: bytes, kind: bytes, damaged: bool) -> bytes:
    """A PNG with a text chunk before its pixels."""
    data = kind + b"Comment\0from a camera"
    checksum = zlib.crc32(data) ^ damaged
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", checksum)
    start = png.index(b"IDAT") - 4
    return png[:start] + chunk + png[start:]


@pytest.mark.parametrize("kind", [b"tEXt", b"gAMA", b"prVt"])
def test_a_png_with_a_bad_checksum_of_its_notes_is_exact(tmp_path, picture, kind):
    png = _encode(picture, ".png")
    np.testing.assert_array_equal(read_image(_write(tmp_path / "a.png", _with_chunk(png, kind, True))), picture)


@pytest.mark.parametrize("kind", [b"eXIf", b"PRVT"])  # the orientation; a chunk that a reader must know
def test_a_png_with_a_bad_checksum_of_what_counts_is_refused(tmp_path, picture, kind):
    with pytest.raises(UnreadableImageError, match=r"a\.png"):
        read_image(_write(tmp_path / "a.png", _with_chunk(_encode(picture, ".png"), kind, True)))


def test_what_is_no_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")  # reading it would never end
    (tmp_path / "link.png").symlink_to("nowhere.png")
    for name, why in (("pipe.png", "a pipe or a device"), ("link.png", "a link to nowhere.png, which does not exist")):
        with pytest.raises(UnreadableImageError, match=why):
            read_image(str(tmp_path / name))


def _header(width, height, kind) -> bytes:
    """The start of an image file whose few bytes claim many pixels."""
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, kind)
    data = file.getvalue()
    if kind == "PNG":
        header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
        return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_thirty_thousand_pixels_a_side_are_refused_before_they_take_memory(tmp_path, kind):
    path = _write(tmp_path / "bomb.img", _header(30_000, 30_000, kind))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnreadableImageError, match=r"bomb\.img: too large"):
        read_image(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_notes_that_expand_to_gigabytes_are_refused(tmp_path, picture):
    png = _encode(picture, ".png")
    data = b"zTXtComment\0\0" + zlib.compress(bytes(100 << 20), 9)
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    start = png.index(b"IDAT") - 4
    with pytest.raises(UnreadableImageError, match=r"a\.png"):
        read_image(_write(tmp_path / "a.png", png[:start] + chunk + png[start:]))


_PHOTOGRAPHS = {}
for _kind in ("PNG", "JPEG", "WEBP", "TIFF", "BMP"):
    _file = io.BytesIO()
    _exif = Image.Exif()
    _exif[0x0112] = 6
    Image.effect_mandelbrot((24, 16), (-2, -1, 1, 1), 20).convert("RGB").save(_file, _kind, exif=_exif)
    _PHOTOGRAPHS[_kind] = _file.getvalue()


@hypothesis.settings(max_examples=60, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(data=strategies.data(), kind=strategies.sampled_from(sorted(_PHOTOGRAPHS)))
def test_damaged_photographs_are_read_or_refused_by_name(tmp_path, data, kind):
    whole = _PHOTOGRAPHS[kind]
    path = _write(tmp_path / "damaged.img", damaged_bytes(data.draw, whole))
    try:
        image = read_image(path)
    except UnreadableImageError as error:
        assert "damaged.img" in str(error)
    else:
        assert image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8
