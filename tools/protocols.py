"""Shows protocols: who is in train, dev and test, what is missing, and what is in several splits.

Reads a prepared folder (--data) or a dataset on disk (--dataset and --root).
Without --protocol, lists all that fit with their numbers of clips. The exit code
is 1 if a person, or with --hashes an identical file, is in several splits.

    python -m tools.protocols --data=PREPARED
    python -m tools.protocols --data=PREPARED --protocol=leave_out_half_mask+print
    python -m tools.protocols --dataset=oulu --root=DIR --protocol=oulu_1 --hashes
"""

from typing import Any, NamedTuple, Optional

from .command import SEEDS, SOME_FAILED, Flags, UsageError, run_program

flags = Flags()

_DATA = flags.DEFINE_string("data", None, "Prepared folder (tools.prepare makes one).")
_DATASET = flags.DEFINE_string("dataset", None, "Layout of --root, as for tools.prepare.")
_ROOT = flags.DEFINE_string("root", None, "Folder of a dataset that need not be prepared.")
_PROTOCOL = flags.DEFINE_string("protocol", None, "Protocol to show; by default all that fit are listed.")
_LISTS = flags.DEFINE_string("lists", None, "Folder of your own list files, for protocols that are made of lists.")
_PROTOCOL_SEED = flags.DEFINE_integer("protocol_seed", 0, "Seed of protocols that draw, such as siwm_1.", **SEEDS)
_HASHES = flags.DEFINE_boolean("hashes", False, "Read every file, to find identical ones in several splits.")
_ALL = flags.DEFINE_boolean("all", False, "Name all people and clips, however many they are.")

_SHOWN = 5


class Found(NamedTuple):
    """The clips to divide.

    Attributes:
      dataset: name of the layout.
      clips: list of ClipFacts.
      files: id of a clip -> paths of its files.
      notes: sentences to print.
      official: official lists, see ``protocol_report``.
    """

    dataset: str
    clips: list[Any]
    files: dict[str, tuple[str, ...]]
    notes: list[str]
    official: dict[str, dict[str, list[str]]]


def main() -> Optional[int]:
    if (_DATA.value is None) == (_ROOT.value is None):
        raise UsageError("give either --data=PREPARED, or --dataset=NAME and --root=DIR")
    if (_ROOT.value is None) != (_DATASET.value is None):
        raise UsageError("--dataset=NAME and --root=DIR belong together")
    if _HASHES.value and not _PROTOCOL.value:
        raise UsageError("--hashes needs --protocol=NAME")
    protocol = None
    if _PROTOCOL.value:  # a wrong name is refused before thousands of files are looked at
        from phystd_tf.protocols.registry import load_protocol

        protocol = load_protocol(_PROTOCOL.value, _PROTOCOL_SEED.value, _LISTS.value)
    found = _prepared(_DATA.value) if _DATA.value else _on_disk(_DATASET.value, _ROOT.value)
    for note in found.notes:
        print(f"note: {note}")
    if protocol is None:
        _list_all(found)
        return None
    if protocol.dataset not in (None, found.dataset):
        raise UsageError(
            f"protocol {protocol.name} is one of the dataset {protocol.dataset}, these are {found.dataset}"
        )

    from phystd_tf.protocols.report import report_on

    hashes = _hashes(found.files) if _HASHES.value else None
    report = report_on(protocol, found.clips, hashes, found.official)
    _show(protocol, report)
    return SOME_FAILED if report.leaks else None


def _prepared(folder: str) -> Found:
    from phystd_tf.data import records
    from phystd_tf.protocols.clip_facts import clip_facts

    rows = records.read_manifest(records.manifest_path(folder))
    base = records.source_base(folder)
    files: dict[str, dict[str, None]] = {}
    for row in rows:
        files.setdefault(row["clip"], {})[records.source_path(base, row["source"])] = None
    usable = {row["clip"] for row in records.usable(rows)}
    lost = [clip for clip in files if clip not in usable]
    notes = [f"{len(lost)} clips have no usable face: {_named(lost)}"] if lost else []
    dataset = records.load_settings(folder).get("dataset", "folder")
    return Found(dataset, clip_facts(rows), {clip: tuple(paths) for clip, paths in files.items()}, notes, {})


def _on_disk(dataset: str, root: str) -> Found:
    from phystd_tf.data.readers import READERS
    from phystd_tf.protocols.protocol import ClipFacts

    if dataset not in READERS:
        raise UsageError(f"unknown --dataset={dataset}; there are {', '.join(READERS)}")
    listing = READERS[dataset](root)
    notes, official = list(listing.notes), {}
    if dataset == "oulu":
        from phystd_tf.data.readers.oulu import read_official_lists

        official = read_official_lists(root, notes)
    facts = [
        ClipFacts(c.id, c.subject or "", c.type, c.label, c.split or "", c.session, c.device, c.instrument)
        for c in listing.clips
    ]
    return Found(dataset, facts, {clip.id: clip.paths for clip in listing.clips}, notes, official)


def _hashes(files: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    from tqdm import tqdm

    hashes: dict[str, list[str]] = {}
    with tqdm(total=sum(map(len, files.values())), unit="file", desc="reading") as bar:
        for clip, paths in files.items():
            for path in paths:
                hashes.setdefault(clip, []).append(_hash(path))
                bar.update()
    return hashes


def _hash(path: str) -> str:
    from phystd_tf.files.digest import file_sha256

    try:
        return file_sha256(path)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}); --hashes needs the files that were prepared, in their place"
        ) from error


def _list_all(found: Found) -> None:
    """Prints one line per protocol that fits, with its numbers of live and spoof clips."""
    from phystd_tf.protocols.clip_facts import SPLITS
    from phystd_tf.protocols.registry import load_protocol, protocol_names, takes_lists
    from phystd_tf.protocols.rules import ProtocolError

    print(f"{len(found.clips)} clips of {found.dataset}; live + spoof clips of each protocol:")
    rows = []
    for name in protocol_names(found.dataset):
        try:
            protocol = load_protocol(name, _PROTOCOL_SEED.value, _LISTS.value if takes_lists(name) else None)
            splits = protocol.assign(found.clips)
        except ProtocolError as error:
            rows.append((name, "", "", "", str(error).partition(": ")[2] or str(error)))
            continue
        counts = []
        for split in SPLITS:
            labels = [fact.label for fact in found.clips if splits.get(fact.clip) == split]
            counts.append(f"{sum(labels)} + {len(labels) - sum(labels)}" if labels else "-")
        rows.append((name, *counts, protocol.title))
    print(_table(rows, ("protocol", *SPLITS, "what"), numbers=(1, 2, 3)))
    print("and leave_out_TYPE, or leave_out_TYPE+TYPE...: types in test only, on the dataset's own splits")
    print("and few_NUMBER_TYPE: so many people of a spoof type in train and none in dev, on the dataset's own splits")


def _show(protocol: Any, report: Any) -> None:
    print(f"protocol {protocol.name}: {protocol.title}")
    print(f"how: {protocol.how}")
    if protocol.max_train_frames:
        print(f"training uses the first {protocol.max_train_frames} frames of a clip")
    print(f"source: {protocol.source}\n")
    rows = [
        (row.split, row.type, "live" if row.label else "spoof", str(row.clips), str(row.subjects or "?"),
         ", ".join(row.instruments))
        for row in report.counts
    ]  # fmt: skip
    print(_table(rows, ("split", "type", "label", "clips", "subjects", "instruments"), numbers=(3, 4)))
    print()
    for split, people in report.subjects.items():
        clips = sum(row.clips for row in report.counts if row.split == split)
        if not clips:
            print(f"{split}: no clips")
            continue
        known = _named([f"{person} ({count})" for person, count in sorted(people.items())]) if people else "not known"
        print(f"{split}: {clips} clips; {len(people)} subjects (and their clips): {known}")
    if report.unused:
        print(f"not used: {len(report.unused)} clips: {_named(report.unused)}")
    if report.missing:
        count = f"{len(report.missing)} of {report.expected}"
        print(f"missing: {count} clips of the protocol are not there: {_named(report.missing)}")
    for note in report.notes:
        print(f"note: {note}")
    for leak in report.leaks if _ALL.value else report.leaks[:_SHOWN]:
        print(f"LEAK: {leak}")
    if len(report.leaks) > _SHOWN and not _ALL.value:
        print(f"LEAK: {len(report.leaks) - _SHOWN} more, see --all")
    if not report.leaks:
        known = any(report.subjects.values())
        people = "no known person is in several splits" if known else "who is in several splits is not known"
        files = ", and no identical file is" if _HASHES.value else "; files were not compared (--hashes)"
        print(people + files)


def _table(rows: list[tuple[str, ...]], headers: tuple[str, ...], numbers: tuple[int, ...]) -> str:
    from tabulate import tabulate

    align = ["right" if column in numbers else "left" for column in range(len(headers))]
    return tabulate(rows, headers, tablefmt="plain", disable_numparse=True, colalign=align if rows else None)


def _named(names: list[str]) -> str:
    from phystd_tf.protocols.report import some

    return some(names, len(names) if _ALL.value else _SHOWN)


def run() -> None:
    """Entry point of phystd-protocols."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
