"""The statistics that are kept from run to run."""

from components.pair_validator.drift import accepted_statistics


def _statistics(folder, text):
    (folder / "Split-train").mkdir(parents=True)
    (folder / "Split-train" / "FeatureStats.pb").write_text(text)
    return folder


def test_the_newest_accepted_span_before_a_span_is_returned(tmp_path):
    kept = tmp_path / "kept"
    assert accepted_statistics.previous(kept, 3) is None
    for span in (1, 2, 10):
        accepted_statistics.keep(kept, span, _statistics(tmp_path / str(span), f"of {span}"))
    assert accepted_statistics.previous(kept, 1) is None
    assert accepted_statistics.previous(kept, 3) == kept / "span-2"
    assert accepted_statistics.previous(kept, 11) == kept / "span-10"


def test_a_span_that_is_accepted_again_replaces_its_statistics(tmp_path):
    kept = tmp_path / "kept"
    for text in ("old", "new"):
        accepted_statistics.keep(kept, 1, _statistics(tmp_path / text, text))
    assert (kept / "span-1" / "Split-train" / "FeatureStats.pb").read_text() == "new"
    assert [path.name for path in kept.iterdir()] == ["span-1"]


def test_leftovers_of_a_killed_process_are_no_span_and_are_removed(tmp_path):
    kept = tmp_path / "kept"
    (kept / ".partial-1" / "Split-train").mkdir(parents=True)
    assert accepted_statistics.previous(kept, 2) is None
    accepted_statistics.keep(kept, 1, _statistics(tmp_path / "s", "s"))
    assert [path.name for path in kept.iterdir()] == ["span-1"]
