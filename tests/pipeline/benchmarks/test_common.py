"""What the benchmarks share."""

import json

from pipeline.benchmarks import common


def test_a_table_is_markdown_with_numbers_to_the_right():
    shown = common.table(("part", "seconds"), [("Trainer", 81.256), ("all", 150.4)])
    assert shown.splitlines() == [
        "| part    | seconds |",
        "| ------- | ------: |",
        "| Trainer |    81.3 |",
        "| all     |     150 |",
    ]


def test_a_result_names_command_date_and_machine(tmp_path):
    common.write_result(tmp_path / "result.json", {"seconds": 1.5})
    written = json.loads((tmp_path / "result.json").read_text())
    assert list(written) == ["command", "date", "machine", "seconds"]
    assert written["machine"]["cores"] >= 1
    assert written["machine"]["numpy"][0].isdigit()


def test_without_a_file_nothing_is_written(tmp_path):
    common.write_result(None, {"seconds": 1.5})
    assert list(tmp_path.iterdir()) == []


def test_functions_are_timed_in_turns():
    called = []
    calls = {"a": lambda: called.append("a"), "b": lambda: called.append("b")}
    seconds = common.in_turns(calls, rounds=2, warm_up=1)
    assert called == ["a", "b"] * 3
    assert [len(values) for values in seconds.values()] == [2, 2]


def test_the_help_is_the_docstring(capsys):
    parser = common.command_line("Measures.\n\n    python -m pipeline.benchmarks.it")
    parser.print_help()
    shown = capsys.readouterr().out
    assert "    python -m pipeline.benchmarks.it" in shown
    assert "--json FILE" in shown
