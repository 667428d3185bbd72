"""`ssgan demo` shows what the benchmark found."""

from click.testing import CliRunner

from ssgan import benchmark
from ssgan.cli import ssgan
from ssgan.training.runner import Progress


def test_the_demo_prints_a_line_for_every_method_and_where_the_reports_lie(tmp_path, monkeypatch):
    def told(out, seed):
        yield Progress(1, 1, {"critic": 1.0}, 10.0, 0.0)
        about = {"data": "digits", "labels": "100", "gan_seed": str(seed), "seconds": "0.5"}
        return [
            {"method": method, "label_seed": str(draw), "accuracy": str(0.9 + draw / 10), **about}
            for method in ("RBF-SVM", "finetuned discriminator")
            for draw in (0, 1)
        ]

    monkeypatch.setattr(benchmark, "demo", told)
    monkeypatch.setattr("ssgan.report.report", lambda path: path / "report.html")
    monkeypatch.setenv("COLUMNS", "120")
    result = CliRunner().invoke(ssgan, ["demo", "--out", str(tmp_path / "d"), "--seed", "3"])
    assert result.exit_code == 0, result.output
    assert "1 GAN x 5 draws" in result.stdout
    assert "finetuned discriminator" in result.stdout
    assert "0.9500 ± 0.0707" in result.stdout
    assert str(tmp_path / "d" / "model" / "report.html") in result.stdout
    assert "step 1/1" in result.stderr
