"""Pretrain, finetune and what follows, on tiny images, tables and vectors."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from ssgan.cli import ssgan
from ssgan.data import digest
from ssgan.models.config import GANConfig
from ssgan.models.recipes import RECIPES
from ssgan.models.student.config import StudentConfig

TRAIN, TEST = 40, 12


def run(*words):
    return CliRunner().invoke(ssgan, [str(word) for word in words])


def done(*words):
    """The result of a command that must work."""
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    return result


def images(count, seed=0):
    """Images (N, 8, 8) that are bright above or below, and which."""
    draw = np.random.default_rng(seed)
    y = np.arange(count) % 2
    x = draw.integers(0, 100, (count, 8, 8))
    x[y == 0, :4] += 150
    x[y == 1, 4:] += 150
    return x.astype(np.uint8), y


def rows(count, seed=0):
    """A table with numbers, text and a class."""
    draw = np.random.default_rng(seed)
    label = np.arange(count) % 2
    return pd.DataFrame(
        {
            "age": draw.integers(20, 60, count),
            "pay": draw.normal(size=count).round(2) + 3 * label,
            "job": draw.choice(["cook", "smith"], count),
            "rich": np.where(label, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Data sets in all forms, a GAN for each, and a model for each GAN."""
    home = tmp_path_factory.mktemp("story")
    x, y = images(TRAIN)
    x_test, y_test = images(TEST, seed=1)
    np.savez(home / "images.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    for number, (image, label) in enumerate(zip(x, y, strict=True)):
        folder = home / "photos" / ("dark", "light")[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number:02d}.png")
    rows(TRAIN).to_csv(home / "table.csv", index=False)
    draw = np.random.default_rng(0)
    np.save(home / "vectors.npy", draw.normal(size=(TRAIN, 3)))
    np.save(home / "labels.npy", np.where(np.arange(TRAIN) % 2, 1.25, 3.5) + np.arange(TRAIN))
    small = ["--steps", 2, "--batch", 8, "--width", 2, "--latent", 4]
    done("pretrain", home / "images.npz", "--run", home / "r-images", *small)
    done("pretrain", home / "photos", "--run", home / "r-photos", *small)
    done("pretrain", home / "table.csv", "--target", "rich", "--run", home / "r-table", *small)
    done("pretrain", home / "vectors.npy", "--run", home / "r-vectors", *small)
    finetune(home, "images", home / "images.npz", "--per-class", 3, "--label-seed", 1)
    finetune(home, "photos", home / "photos", "--per-class", 3)
    finetune(home, "table", home / "table.csv", "--per-class", 4)
    return home


@pytest.fixture(scope="module")
def regression(home):
    """The model of the vectors, whose labels are numbers."""
    finetune(home, "vectors", home / "labels.npy", "--count", 10, "--calibrate")
    return home / "m-vectors"


def finetune(home, name, labels, *words, out=None):
    model = out or home / f"m-{name}"
    words = words if "--method" in words else ("--method", "propagation", "--steps", 2, *words)
    words = ("--labels", labels, "--out", model, "--no-calibrate", *words)
    return done("finetune", home / f"r-{name}", *words)


NAMES = ("images", "photos", "table", "vectors")
SOURCE = {
    "images": "images.npz",
    "photos": "photos",
    "table": "table.csv",
    "vectors": "vectors.npy",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_run_holds_its_settings_and_a_checkpoint(home, name):
    config = json.loads((home / f"r-{name}" / "config.json").read_text())
    assert config["config"]["steps"] == 2
    assert config["data"]["source"] == str(home / SOURCE[name])
    assert (home / f"r-{name}" / "checkpoints" / "step-00000002").is_dir()
    assert not (home / f"r-{name}" / "quarantine.csv").exists()


def test_the_same_command_again_finds_the_run_done(home):
    words = ["--steps", 2, "--batch", 8, "--width", 2, "--latent", 4]
    done("pretrain", home / "images.npz", "--run", home / "r-images", *words)


def test_a_split_is_recorded(home):
    split = json.loads((home / "m-images" / "split.json").read_text())
    config = json.loads((home / "r-images" / "config.json").read_text())
    assert (split["seed"], split["per_class"], split["count"]) == (1, 3, None)
    assert len(split["indices"]) == 6
    assert split["values"] == [index % 2 for index in split["indices"]]
    assert sorted(split["values"]) == [0, 0, 0, 1, 1, 1]
    assert split["sha256"] == digest(np.array(split["indices"], np.int64))
    assert split["data"].items() <= config["data"].items()


def test_the_split_is_the_same_for_the_same_label_seed_and_another_for_another(home, tmp_path):
    splits = []
    for number, seed in enumerate((1, 2, 1)):
        out = tmp_path / str(number)
        words = ["--per-class", 3, "--label-seed", seed]
        finetune(home, "images", home / "images.npz", *words, out=out)
        splits.append(json.loads((out / "split.json").read_text())["indices"])
    assert splits[0] == splits[2] != splits[1]


def test_labels_come_from_a_csv_with_files(home, tmp_path):
    lines = [f"{number:02d}.png,{'ab'[number % 2]}" for number in range(7)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *lines]))
    finetune(home, "photos", tmp_path / "labels.csv", out=tmp_path / "m")
    split = json.loads((tmp_path / "m" / "split.json").read_text())
    assert len(split["indices"]) == 7
    assert split["per_class"] is split["seed"] is None
    table = tmp_path / "p.csv"
    done("predict", tmp_path / "m", home / "photos", "--out", table)
    assert list(pd.read_csv(table).columns) == [
        "file",
        "prediction",
        "probability_a",
        "probability_b",
    ]


def test_labels_come_from_a_column_that_is_aligned_with_the_rows(home, tmp_path):
    labels = pd.DataFrame({"rich": rows(TRAIN)["rich"].where(np.arange(TRAIN) < 9)})
    labels.to_csv(tmp_path / "labels.csv", index=False)
    finetune(home, "table", tmp_path / "labels.csv", out=tmp_path / "m")
    split = json.loads((tmp_path / "m" / "split.json").read_text())
    assert split["indices"] == list(range(9))


def test_labels_of_other_rows_than_the_runs_are_taken(home, tmp_path):
    x, y = images(10, seed=5)
    np.savez(tmp_path / "other.npz", x=x, y=y)
    finetune(home, "images", tmp_path / "other.npz", out=tmp_path / "m")
    split = json.loads((tmp_path / "m" / "split.json").read_text())
    assert split["data"]["source"] == str(tmp_path / "other.npz")
    assert split["indices"] == list(range(10))


@pytest.mark.parametrize("method", ["probe", "svm", "graph"])
def test_the_method_is_a_choice(home, tmp_path, method):
    out = tmp_path / "m"
    finetune(home, "images", home / "images.npz", "--method", method, "--per-class", 4, out=out)
    assert json.loads((out / "config.json").read_text())["config"]["method"] == method
    done("predict", out, home / "images.npz", "--out", tmp_path / "p.csv")


def test_a_toml_file_holds_settings_and_flags_beat_it(home, tmp_path):
    toml = tmp_path / "c.toml"
    toml.write_text('steps = 7\nbatch = 4\n[objective]\nname = "relativistic"\nr1 = 0.5\n')
    few = ["--steps", 3, "--width", 2]
    words = ["pretrain", home / "images.npz", "--config", toml, *few, "--dry-run"]
    config = json.loads(done(*words).stdout)["config"]
    assert (config["steps"], config["batch"], config["latent"]) == (3, 4, GANConfig.latent)
    assert config["objective"] == {"name": "relativistic", "r1": 0.5, "r2": 1.0}
    other = json.loads(done(*words, "--objective", "non-saturating").stdout)["config"]
    assert other["objective"]["name"] == "non-saturating"


def test_a_dry_run_describes_and_estimates_and_writes_nothing(home, tmp_path):
    words = ["--run", tmp_path / "r", "--width", 2, "--batch", 8]
    about = json.loads(done("pretrain", home / "images.npz", *words, "--dry-run").stdout)
    assert about["data"]["rows"] == TRAIN
    assert about["data"]["test_rows"] == TEST
    assert about["codec"] == {"kind": "images", "shape": [1, 8, 8]}
    assert about["estimate"]["data_bytes"] == TRAIN * 64
    for name in ("generator_parameters", "discriminator_parameters", "memory_bytes", "seconds"):
        assert about["estimate"][name] > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["dcgan", "points"])
def test_a_recipe_can_be_asked_for_and_estimated(name, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.random.default_rng(0).integers(256, size=(5, 16, 16)))
    few = ["--width", 2, "--batch", 8, "--steps", 2]
    words = ["pretrain", tmp_path / "x.npz", "--recipe", name, *few]
    about = json.loads(done(*words, "--dry-run").stdout)
    config = about["config"]
    paper = RECIPES[name]().to_json()
    assert (config["objective"], config["rate"]) == (paper["objective"], paper["rate"])
    assert about["estimate"]["flops_per_step"] > 0


FLAGS = {
    "model": ["--model", "vae-gan"],
    "augmentation": ["--augment", "cosine"],
    "selfsupervision": ["--selfsupervision", "rotation"],
    "architecture": ["--architecture", "residual"],
    "depth": ["--depth", "2"],
}


@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_sets_what_it_names_and_trains(name, home, tmp_path):
    short = ["--steps", 2, "--batch", 4, "--width", 2, "--latent", 2, "--run", tmp_path / "r"]
    done("pretrain", home / "images.npz", *short, *FLAGS[name])
    asked = FLAGS[name][1]
    found = json.loads((tmp_path / "r" / "config.json").read_text())["config"][name]
    if isinstance(found, dict):
        found = found.get("name", found.get("schedule"))
    assert str(found) == asked


@pytest.mark.parametrize(("flag", "mix"), [("--mix", True), ("--no-mix", False)])
def test_rows_are_mixed_where_the_command_says_so(home, tmp_path, flag, mix):
    words = ["--labels", home / "images.npz", "--out", tmp_path / "m", "--transforms", "colour"]
    words += ["--method", "consistency+finetune", flag, "--dry-run"]
    about = json.loads(done("finetune", home / "r-images", *words).stdout)
    assert about["config"]["mix"] is mix
    assert about["config"]["transforms"] == ["colour"]


def test_a_dry_run_of_finetune_shows_the_split_and_writes_nothing(home, tmp_path):
    words = ["--labels", home / "images.npz", "--per-class", 2, "--out", tmp_path / "m"]
    about = json.loads(done("finetune", home / "r-images", *words, "--dry-run").stdout)
    assert about["split"]["per_class"] == 2
    assert about["config"]["method"] == "auto"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "classes"),
    [("images", ["0", "1"]), ("photos", ["dark", "light"]), ("table", ["no", "yes"])],
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predictions_have_a_probability_for_every_class(home, tmp_path, name, classes, suffix):
    out = tmp_path / f"p{suffix}"
    done("predict", home / f"m-{name}", home / SOURCE[name], "--out", out)
    table = pd.read_csv(out) if suffix == ".csv" else pd.read_parquet(out)
    which = "file" if name == "photos" else "row"
    assert list(table.columns) == [which, "prediction", *(f"probability_{c}" for c in classes)]
    assert {*table["prediction"].astype(str)} <= {*classes}
    assert np.allclose(table.filter(like="probability_").sum(axis=1), 1)
    assert len(table) == (TEST if name == "images" else TRAIN)
    if name == "photos":
        assert table["file"][0] == "dark/00.png"


def test_numbers_are_predicted_without_probabilities(home, regression, tmp_path):
    done("predict", regression, home / "vectors.npy", "--out", tmp_path / "p.csv")
    table = pd.read_csv(tmp_path / "p.csv")
    assert list(table.columns) == ["row", "prediction", "lower", "upper"]
    assert (table.lower < table.upper).all()
    assert table["prediction"].dtype == float


@pytest.mark.parametrize(
    ("part", "columns", "count"),
    [
        ("train", ["row"], TRAIN),
        ("test", ["row"], TEST),
        ("all", ["part", "row"], TRAIN + TEST),
    ],
)
def test_the_part_is_a_choice(home, tmp_path, part, columns, count):
    out = tmp_path / "p.csv"
    done("predict", home / "m-images", home / "images.npz", "--out", out, "--part", part)
    table = pd.read_csv(out)
    assert list(table.columns)[: len(columns)] == columns
    assert len(table) == count


def test_a_table_without_its_target_is_predicted_alike(home, tmp_path):
    rows(TRAIN).drop(columns="rich").to_csv(tmp_path / "new.csv", index=False)
    done("predict", home / "m-table", tmp_path / "new.csv", "--out", tmp_path / "a.csv")
    done("predict", home / "m-table", home / "table.csv", "--out", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()


def test_images_are_resized_as_when_the_gan_was_trained(home, tmp_path):
    for word in ("a", "b"):
        pixels = np.full((20, 30, 3), ord(word), np.uint8)
        (tmp_path / "big" / word).mkdir(parents=True)
        Image.fromarray(pixels).save(tmp_path / "big" / word / "1.png")
    words = ["--size", 8, "--run", tmp_path / "r", "--steps", 1, "--width", 2, "--batch", 2]
    done("pretrain", tmp_path / "big", *words)
    done("features", tmp_path / "r", tmp_path / "big", "--out", tmp_path / "f.npy")
    assert len(np.load(tmp_path / "f.npy")) == 2


@pytest.mark.parametrize("of", ["r-images", "m-images"])
def test_features_come_from_a_run_and_from_a_model(home, tmp_path, of):
    found = {}
    for suffix in (".npy", ".npz", ".csv", ".parquet"):
        out = found[suffix] = tmp_path / f"f{suffix}"
        done("features", home / of, home / "images.npz", "--out", out)
    array = np.load(found[".npy"])
    assert array.dtype == np.float32
    assert len(array) == TEST
    with np.load(found[".npz"]) as arrays:
        assert np.array_equal(arrays["x"], array)
        assert arrays["row"].tolist() == list(range(TEST))
    for table in (pd.read_csv(found[".csv"]), pd.read_parquet(found[".parquet"])):
        assert list(table.columns[:2]) == ["row", "feature0"]
        assert np.allclose(table.iloc[:, 1:], array, rtol=1e-4, atol=1e-4)


def test_a_student_is_kept_in_the_run_and_the_last_depth_is_the_end_of_all(
    home, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "ssgan.models.student.config.StudentConfig", partial(StudentConfig, steps=2)
    )
    found = {}
    for readout in ("all", "last", "student", "student"):
        words = ["--readout", readout, "--out", tmp_path / "f.npy"]
        done("features", home / "r-vectors", home / "vectors.npy", *words)
        found.setdefault(readout, []).append(np.load(tmp_path / "f.npy"))
    (every,), (end,), (one, again) = found["all"], found["last"], found["student"]
    assert np.array_equal(end, every[:, -end.shape[1] :])
    assert one.shape == (TRAIN, 128)
    assert np.array_equal(one, again)
    assert len(list((home / "r-vectors").glob("student-*"))) == 1


def test_the_nearest_labelled_rows_on_the_last_depth_are_a_model(home, tmp_path):
    words = ["--per-class", 3, "--method", "knn", "--readout", "last", "--out", tmp_path / "m"]
    done("finetune", home / "r-images", "--labels", home / "images.npz", *words)
    done("evaluate", tmp_path / "m", home / "images.npz")
    config = json.loads((tmp_path / "m" / "config.json").read_text())["config"]
    assert (config["method"], config["readout"]) == ("knn", "last")


def test_a_model_keeps_the_readout_that_it_was_finetuned_with(home, tmp_path):
    words = ["--readout", "last", "--out", tmp_path / "f.npy"]
    result = run("features", home / "m-images", home / "images.npz", *words)
    assert result.exit_code == 1
    assert "holds a model, which has its own readout: leave --readout out" in result.stderr


def test_images_are_sampled_into_a_folder_or_an_array(home, tmp_path):
    done("sample", home / "r-images", "-n", 3, "--out", tmp_path / "s")
    done("sample", home / "r-images", "-n", 3, "--out", tmp_path / "s.npz")
    done("sample", home / "r-images", "-n", 3, "--out", tmp_path / "s.npy")
    with np.load(tmp_path / "s.npz") as arrays:
        x = arrays["x"]
    assert (x.shape, x.dtype) == ((3, 8, 8), np.uint8)
    assert np.array_equal(np.load(tmp_path / "s.npy"), x)
    files = sorted((tmp_path / "s").iterdir())
    assert [file.name for file in files] == ["00000.png", "00001.png", "00002.png"]
    for file, image in zip(files, x, strict=True):
        assert np.array_equal(np.asarray(Image.open(file)), image)


def test_the_same_seed_gives_the_same_samples(home, tmp_path):
    out = []
    for number, seed in enumerate((5, 6, 5)):
        out.append(tmp_path / f"{number}.npy")
        done("sample", home / "r-images", "-n", 3, "--seed", seed, "--out", out[-1])
    first, other, again = (np.load(path) for path in out)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_tables_and_vectors_are_sampled_in_their_form(home, tmp_path):
    done("sample", home / "r-table", "-n", 9, "--out", tmp_path / "s.csv")
    done("sample", home / "r-table", "-n", 9, "--out", tmp_path / "s.parquet")
    for table in (pd.read_csv(tmp_path / "s.csv"), pd.read_parquet(tmp_path / "s.parquet")):
        assert list(table.columns) == ["age", "pay", "job"]
        assert len(table) == 9
        assert table["age"].between(20, 60).all()
        assert table["job"].isin(["cook", "smith"]).all()
    done("sample", home / "r-vectors", "-n", 9, "--out", tmp_path / "s.npy")
    done("sample", home / "r-vectors", "-n", 9, "--out", tmp_path / "v.csv")
    assert np.load(tmp_path / "s.npy").shape == (9, 3)
    assert list(pd.read_csv(tmp_path / "v.csv").columns) == ["x0", "x1", "x2"]


def test_images_are_augmented_into_folders(home, tmp_path):
    done(
        "augment",
        home / "r-photos",
        home / "m-photos",
        "-n",
        10,
        "--force",
        "--out",
        tmp_path / "a",
    )
    folders = sorted(str(p.relative_to(tmp_path / "a")) for p in (tmp_path / "a").glob("*/*"))
    assert {"real/dark", "real/light"} <= {*folders}
    assert {*folders} <= {f"{k}/{c}" for k in ("real", "synthetic") for c in ("dark", "light")}
    assert len([*(tmp_path / "a" / "real").rglob("*.png")]) == 6
    assert len([*(tmp_path / "a" / "synthetic").rglob("*.png")]) == 10


def test_images_are_augmented_into_an_array(home, tmp_path):
    out = tmp_path / "a.npz"
    done("augment", home / "r-images", home / "m-images", "-n", 10, "--force", "--out", out)
    with np.load(out) as arrays:
        assert arrays["x"].shape == (16, 8, 8)
        assert arrays["x"].dtype == np.uint8
        assert arrays["synthetic"].tolist() == [False] * 6 + [True] * 10
        real = json.loads((home / "m-images" / "split.json").read_text())
        assert arrays["y"][:6].tolist() == real["values"]
        assert np.array_equal(arrays["x"][:6], images(TRAIN)[0][real["indices"]])


def test_tables_are_augmented_with_a_column_that_says_what_is_synthetic(home, tmp_path):
    out = tmp_path / "a.csv"
    words = ("-n", 10, "--balance", "--force", "--classifier", "linear", "--out", out)
    done("augment", home / "r-table", home / "m-table", *words)
    table = pd.read_csv(out)
    assert list(table.columns) == ["age", "pay", "job", "rich", "synthetic"]
    assert table["synthetic"].tolist() == [False] * 8 + [True] * 10
    split = json.loads((home / "m-table" / "split.json").read_text())
    real = rows(TRAIN).iloc[split["indices"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(table.iloc[:8, :4], real, check_dtype=False)
    assert table["rich"][8:].value_counts().to_dict() == {"yes": 5, "no": 5}


def test_vectors_with_numbers_for_labels_are_augmented(home, regression, tmp_path):
    out = tmp_path / "a.parquet"
    words = ("-n", 5, "--force", "--classifier", "linear", "--out", out)
    done("augment", home / "r-vectors", regression, *words)
    table = pd.read_parquet(out)
    assert list(table.columns) == ["x0", "x1", "x2", "label", "synthetic"]
    assert table["synthetic"].sum() == 5
    assert len(table) == 15


def test_a_model_is_evaluated_on_the_test_part(home, tmp_path):
    words = ["--json", tmp_path / "e.json"]
    result = done("evaluate", home / "m-images", home / "images.npz", *words)
    about = json.loads(result.stdout)
    assert (about["part"], about["rows"]) == ("test", TEST)
    assert 0 <= about["measures"]["accuracy"] <= 1
    assert "accuracy" in result.stderr
    assert json.loads((tmp_path / "e.json").read_text()) == about


def test_rows_that_a_model_learnt_from_are_left_out_of_its_evaluation(home):
    words = ["evaluate", home / "m-table", home / "table.csv", "--quiet"]
    about = json.loads(done(*words).stdout)
    assert (about["part"], about["rows"]) == ("held out", TRAIN - 8)
    about = json.loads(done(*words, "--part", "all").stdout)
    assert (about["part"], about["rows"]) == ("all", TRAIN)


def test_a_regression_is_evaluated_with_labels_from_a_file(home, regression):
    words = [regression, home / "vectors.npy", "--labels", home / "labels.npy"]
    about = json.loads(done("evaluate", *words).stdout)
    assert (about["part"], about["rows"]) == ("held out", TRAIN - 10)
    assert about["measures"]["rmse"] > 0


def test_a_gan_is_evaluated_by_its_samples(home, tmp_path):
    np.save(tmp_path / "many.npy", images(300)[0])
    about = json.loads(done("evaluate", home / "r-images", tmp_path / "many.npy").stdout)
    assert "frechet_randconv_300_all" in about["measures"]
    assert "c2st_logistic_randconv_300_all" in about["measures"]
    assert all(np.isfinite(value) for value in about["measures"].values())


@pytest.mark.parametrize("of", ["r-images", "m-table"])
def test_a_report_is_written_and_its_path_printed(home, of):
    assert done("report", home / of).stdout.strip() == str(home / of / "report.html")
    assert (home / of / "report.html").is_file()


def test_quiet_says_nothing_on_stderr(home, tmp_path):
    words = ["--out", tmp_path / "s.npy", "--quiet"]
    assert done("sample", home / "r-images", "-n", 3, *words).output == ""


def test_data_sets_are_listed(tmp_path):
    (tmp_path / "mine.csv").write_text("a\n1\n")
    lines = done("data", "list", "--data-dir", tmp_path).stdout.splitlines()
    states = {line.split()[0]: line.split()[1] for line in lines}
    assert states["digits"] == "bundled"
    assert states["mine"] == "ready"


def test_a_data_set_is_checked(home):
    result = done("data", "check", home / "table.csv", "--target", "rich")
    about = json.loads(result.stdout)
    assert (about["kind"], about["rows"]) == ("table", TRAIN)
    assert about["labels"] == {"no": TRAIN // 2, "yes": TRAIN // 2}


def test_the_ledger_names_the_labels_that_were_read_and_no_others_can_follow(home, tmp_path):
    finetune(home, "images", home / "images.npz", "--per-class", 3, out=tmp_path / "m")
    told = json.loads((tmp_path / "m" / "labels.json").read_text())
    split = json.loads((tmp_path / "m" / "split.json").read_text())
    assert told["indices"] == sorted(split["indices"])
    assert told["count"] == told["budget"] == len(split["indices"])
    words = ["--per-class", 3, "--label-seed", 5, "--steps", 2, "--out", tmp_path / "m"]
    other = run("finetune", home / "r-images", "--labels", home / "images.npz", *words)
    assert other.exit_code == 1
    assert "resume it with the same split" in other.stderr
