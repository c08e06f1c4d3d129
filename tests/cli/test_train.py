"""The commands train and resume."""

import re

import pytest

from vae import runs
from vae.runs import Run

FAST = ("--dataset", "tiny", "--epochs", 2, "--hidden", "8", "--batch-size", 16, "--device", "cpu")


def test_train_makes_a_run_and_ends_with_json(cli, tiny, tmp_path):
    options = ("--latent-dim", 3, "--beta", 2, "--samples", 2, "--lr", "2e-3", "--seed", 4)
    answer = cli("train", *FAST, *options, "--name", "first", "--out", "runs", "--json")
    assert answer.code == 0, answer
    assert answer.err == ""
    found = answer.json
    assert found["name"] == "first"
    assert found["state"] == "done"
    assert found["family"] == "vae"
    assert found["epochs"] == 2
    assert found["seconds"] > 0
    terms = {"loss", "recon_loss", "kl", "penalty"}
    assert terms == found["train"].keys() == found["test"].keys()
    assert found["train"]["penalty"] is None
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["first"]
    assert not (tmp_path / "checkpoints").exists()
    config = Run(tmp_path / "runs" / "first").config
    assert (config.model.latent_dim, config.model.beta, config.model.hidden) == (3, 2.0, (8,))
    assert config.model.image_shape == (1, 6, 6)
    train = config.train
    assert (train.samples, train.lr, train.seed, train.epochs) == (2, 2e-3, 4, 2)
    assert (train.batch_size, train.device, train.precision) == (16, "cpu", "float32")
    assert runs.open_run("first", tmp_path / "runs").epochs()[-1]["test"] == found["test"]


def test_train_without_a_name_makes_one(cli, tiny, tmp_path):
    names = [cli("train", *FAST, "--json").json["name"] for _ in range(2)]
    assert len(set(names)) == 2
    for name in names:
        assert re.fullmatch(r"tiny-vae-2d-s0-\d{8}-\d{6}(-2)?", name)
    assert {p.name for p in (tmp_path / "checkpoints").iterdir()} == set(names)


def test_train_in_words(cli, tiny):
    options = ("--arch", "conv", "--precision", "bf16", "--family", "vae")
    answer = cli("train", *FAST, *options, "--name", "conv")
    assert answer.code == 0
    assert "2 epochs" in answer.out
    assert "reconstruction" in answer.out
    assert "KL" in answer.out
    assert Run(runs.DEFAULT_ROOT / "conv").config.model.arch == "conv"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--dataset", "nosuch"], ["nosuch", "digits"]),
        (["--family", "gan"], ["gan", "vae"]),
        (["--arch", "rnn"], ["arch", "rnn"]),
        (["--hidden", "8,x"], ["8,x"]),
        (["--hidden", ""], ["hidden"]),
        (["--hidden", "0"], ["hidden", "0"]),
        (["--hidden", "9999"], ["hidden", "8192"]),
        (["--arch", "conv", "--hidden", "4,4,4"], ["hidden"]),
        (["--latent-dim", "0"], ["latent_dim", "0"]),
        (["--latent-dim", "1025"], ["latent_dim", "1025"]),
        (["--latent-dim", "2.5"], ["--latent-dim"]),
        (["--epochs", "many"], ["--epochs"]),
        (["--epochs", "0"], ["epochs"]),
        (["--epochs"], ["--epochs"]),
        (["--beta", "-1"], ["beta"]),
        (["--beta", "nan"], ["beta"]),
        (["--lr", "0"], ["lr"]),
        (["--lr", "inf"], ["lr"]),
        (["--samples", "0"], ["samples"]),
        (["--batch-size", "0"], ["batch_size"]),
        (["--seed", "-1"], ["seed"]),
        (["--device", "tpu"], ["device", "tpu"]),
        (["--precision", "fp8"], ["precision", "fp8"]),
        (["--name", "../x"], ["'../x'", "letters"]),
        (["--name", ""], ["letters"]),
        (["--name", "a b"], ["letters"]),
        (["--name", "x" * 65], ["64"]),
        (["--name", ".."], ["letters"]),
        (["--nosuch", "1"], ["--nosuch"]),
        (["stray"], ["stray"]),
    ],
    ids=lambda value: " ".join(value)[:30],
)
def test_train_refuses_in_one_sentence_and_writes_nothing(cli, tiny, tmp_path, options, words):
    cli("train", *FAST, *options, "--out", "runs").check_refused(*words)
    assert list(tmp_path.iterdir()) == []


def test_train_refuses_what_this_machine_has_not(cli, tiny, trained, tmp_path, monkeypatch):
    before = sorted((tmp_path / "checkpoints").iterdir())
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    cli("train", *FAST, "--device", "cuda").check_refused("no cuda device")
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "nothing"))
    cli("train", "--dataset", "mnist").check_refused("python -m vae data get mnist")
    cli("train", *FAST, "--name", "one").check_refused("already a one")
    (tmp_path / "file").write_text("")
    cli("train", *FAST, "--out", "file").check_refused("file")
    cli("train", *FAST, "--out", "file/below").check_refused("file/below")
    assert sorted((tmp_path / "checkpoints").iterdir()) == before


def test_a_loss_that_is_not_finite_ends_in_one_sentence(cli, tiny, tmp_path):
    options = ("--lr", 1, "--beta", 1000, "--hidden", "64,64", "--epochs", 400, "--name", "wild")
    cli("train", *FAST, *options).check_refused("epoch", "learning rate")
    assert Run(tmp_path / "checkpoints" / "wild").status().state == "failed"


def test_resume_starts_a_run_that_is_only_a_config(cli, tiny, make_config, tmp_path):
    folder = tmp_path / "checkpoints" / "planned"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(make_config("planned").to_json())
    answer = cli("resume", "planned", "--json")
    assert answer.code == 0, answer
    assert answer.json["state"] == "done"
    assert answer.json["epochs"] == 3


def test_resume_by_path_and_of_a_finished_run(cli, trained):
    model = (trained.directory / "model.safetensors").read_bytes()
    for reference in (str(trained.directory), "checkpoints/one", "one"):
        assert cli("resume", reference, "--json").json["epochs"] == 3
    assert (trained.directory / "model.safetensors").read_bytes() == model
    (trained.directory / "metrics.jsonl").unlink()
    cli("resume", "one").check_refused("metrics.jsonl")


def test_resume_refuses(cli, shipped, make_config, tmp_path):
    cli("resume", "one").check_refused("read-only")
    cli("resume", "nosuch").check_refused("nosuch", "one")
    cli("resume", "x" * 500).check_refused("no run")
    cli("resume").check_refused("RUN")
    busy = runs.create(make_config("busy"), tmp_path / "checkpoints")
    runs.claim(busy)
    cli("resume", "busy").check_refused("is running")
    (busy.directory / "config.json").write_text("{")
    cli("resume", "busy").check_refused("config.json")
    runs.create(make_config("big", image_shape=(1, 9, 9)), tmp_path / "checkpoints")
    cli("resume", "big").check_refused("1 x 6 x 6", "1 x 9 x 9")


def test_interrupted_by_the_keyboard_it_says_how_to_go_on(cli, tiny, monkeypatch):
    def stop(run, on_report, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("vae.training.trainer.train_run", stop)
    answer = cli("train", *FAST, "--name", "stopped")
    assert answer.code == 130
    assert "python -m vae resume checkpoints/stopped" in answer.err
    monkeypatch.setattr("vae.runs.list_runs", lambda out: stop(None, None))
    assert cli("runs").code == 130


def test_one_epoch_more_and_pause(cli, tiny):
    assert cli("train", *FAST, "--name", "grown", "--epochs", 2).code == 0
    answer = cli("resume", "grown", "--one-more", "--json").json
    assert (answer["state"], answer["epochs"]) == ("done", 3)
    cli("pause", "grown").check_refused("does not train now")
    run = runs.open_run("grown")
    run.write_status(run.status().model_copy(update={"state": "queued", "queued_at": 1.0}))
    cli("resume", "grown", "--one-more").check_refused("pause it first")
    assert "grown pauses" in cli("pause", "grown").out
    assert run.status().state == "paused"
