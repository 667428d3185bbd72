"""The README says what the committed results say."""

from benchmarks.tables import README, TABLES, filled


def test_the_tables_are_those_that_the_results_make():
    text = README.read_text()
    assert filled(text) == text


def test_every_table_has_its_place():
    text = README.read_text()
    assert all(f"<!-- table {name} -->\n\n|" in text for name in TABLES)


def test_another_result_would_change_the_readme(monkeypatch):
    monkeypatch.setitem(TABLES, "speed", lambda: "| another |")
    assert "| another |" in filled(README.read_text())
