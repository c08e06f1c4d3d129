"""Who may change what, in the core: strangers are refused, owner, teacher and machine are not."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator

import pytest
from family_runs import create_run
from PIL import Image

from vae import runs
from vae.data import folder, intake
from vae.errors import DataError, LimitError, NotYoursError, RunError
from vae.people import MACHINE, OWNER_FILE, Person, acting, ask_who, limits, owner_of
from vae.people.classroom import CLASS_FILE, classroom, set_classroom
from vae.people.person import ACTS_FOR, digest
from vae.people.teacher import Tries
from vae.runs import queue, tasks
from vae.runs.quota import check_quota
from vae.studies import STUDIES
from vae.studies.engine import background

ANA, BEN = Person(digest("ana")), Person(digest("ben"))
TEACHER = Person(digest("t"), is_teacher=True)


@pytest.fixture(autouse=True)
def nobody() -> Iterator[None]:
    yield
    ask_who(lambda: None)


def act_as(person: Person | None) -> None:
    ask_who(lambda: person)


def test_outside_of_a_visit_the_machine_acts_or_whom_a_process_works_for(monkeypatch):
    assert acting() == MACHINE
    monkeypatch.setenv(ACTS_FOR, ANA.owner)
    assert acting() == ANA
    assert not acting().is_teacher


@pytest.mark.parametrize(
    "change",
    [
        lambda run: runs.delete(run),
        lambda run: runs.rename(run, "other"),
        lambda run: queue.submit(run),
        lambda run: queue.one_more(run),
        lambda run: queue.cancel(run),
        lambda run: queue.pause(run),
        lambda run: queue.force_stop(run),
    ],
    ids=["delete", "rename", "submit", "one_more", "cancel", "pause", "force_stop"],
)
def test_a_run_is_changed_by_its_owner_and_the_teacher_only(change, tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "start_next", lambda root: None)
    act_as(ANA)
    run = create_run(tmp_path, "hers", epochs=1, hidden=(8,))
    assert owner_of(run.directory) == ANA.owner
    before = (run.directory / "status.json").read_bytes()
    act_as(BEN)
    with pytest.raises(NotYoursError, match=r"hers belongs to somebody else"):
        change(run)
    assert run.directory.is_dir()
    assert (run.directory / "status.json").read_bytes() == before
    for person in (ANA, TEACHER, MACHINE, None):
        act_as(person)
        copy = runs.Run(tmp_path / "copy")
        shutil.copytree(run.directory, copy.directory)
        change(copy)
        shutil.rmtree(copy.directory, ignore_errors=True)
        shutil.rmtree(tmp_path / "other", ignore_errors=True)


def test_what_the_machine_made_is_not_a_visitors(tmp_path):
    run = create_run(tmp_path, "shell", epochs=1, hidden=(8,))
    assert owner_of(run.directory) == ""
    assert not (run.directory / OWNER_FILE).exists()
    act_as(ANA)
    with pytest.raises(NotYoursError):
        runs.delete(run)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"owner": 3, "name": ""}', b"\x80\x04K\x01.", b"[" * 100_000]
)
def test_a_damaged_owner_file_leaves_a_run_to_the_teacher(tmp_path, text):
    act_as(ANA)
    run = create_run(tmp_path, "hers", epochs=1, hidden=(8,))
    (run.directory / OWNER_FILE).write_bytes(text)
    assert owner_of(run.directory) is None
    with pytest.raises(NotYoursError):
        runs.delete(run)
    act_as(TEACHER)
    runs.delete(run)


def test_a_secret_does_not_stand_in_files(tmp_path):
    act_as(Person(digest("my secret"), name="Ana"))
    run = create_run(tmp_path, "hers", epochs=1, hidden=(8,))
    text = (run.directory / OWNER_FILE).read_text()
    assert "my secret" not in text
    assert json.loads(text)["name"] == "Ana"


def test_a_data_set_is_removed_by_its_owner_only(tmp_path):
    act_as(ANA)
    with folder.adding("mine", tmp_path) as half:
        (half / folder.MANIFEST_FILE).write_text("{}")
    act_as(BEN)
    with pytest.raises(NotYoursError, match="removed"):
        folder.remove("mine", tmp_path)
    act_as(ANA)
    folder.remove("mine", tmp_path)


def test_work_is_stopped_by_who_asked_for_it_only(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "start_next", lambda root: None)
    act_as(ANA)
    task = tasks.Task(kind="measure", subject="x", advice="again")
    tasks.submit(tmp_path, "key", task)
    act_as(BEN)
    with pytest.raises(NotYoursError):
        tasks.stop(tmp_path, "key")
    act_as(ANA)
    tasks.stop(tmp_path, "key")
    assert tasks.look(tmp_path, "key").state == "none"


def test_a_study_is_its_owners(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(
        background.workers.backend,
        "start",
        lambda c: started.append(c) or background.state.ProcessId(),
    )
    study = STUDIES["beta"].settings(dataset="digits")
    act_as(ANA)
    where = background.start(study, tmp_path)
    assert started[0].owner == ANA.owner
    assert owner_of(where) == ANA.owner
    act_as(BEN)
    for change in (
        lambda: background.start(study, tmp_path, where),
        lambda: background.stop(where),
        lambda: background.force_stop(where, tmp_path),
    ):
        with pytest.raises(NotYoursError):
            change()


def test_limits_hold_for_visitors_and_say_what_to_do(tmp_path, monkeypatch):
    root = tmp_path / "runs"
    config = create_run(root, "one", epochs=30, hidden=(8,)).config
    root.mkdir(exist_ok=True)
    act_as(ANA)
    for variable, value, words in (
        ("VAE_MAX_EPOCHS", "20", r"Epochs per run: at most 20 here \(30 asked for\)"),
        ("VAE_MAX_WEIGHTS", "100", "Weights per model: at most 100 here"),
    ):
        monkeypatch.setenv(variable, value)
        with pytest.raises(LimitError, match=words):
            check_quota(config, root)
        act_as(TEACHER)
        check_quota(config, root)
        act_as(ANA)
        monkeypatch.setenv(variable, "0")  # lifts it
        check_quota(config, root)
    monkeypatch.setenv("VAE_MAX_RUNS", "1")
    create_run(root, "first", epochs=1, hidden=(8,))
    with pytest.raises(LimitError, match="Runs per person: at most 1 here"):
        create_run(root, "second", epochs=1, hidden=(8,))
    assert not (root / "second").exists()
    monkeypatch.setenv("VAE_MAX_RUNS", "9")
    (root / "first" / "model.safetensors").write_bytes(bytes(2_000_000))
    monkeypatch.setenv("VAE_MAX_DISK_MB", "1")
    with pytest.raises(LimitError, match="Disk per person"):
        create_run(root, "second", epochs=1, hidden=(8,))


def test_a_full_disk_refuses_everybody_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_FREE_DISK_MB", str(10**9))
    with pytest.raises(LimitError, match=r"MB left, and 1,000,000,000 MB stay free"):
        create_run(tmp_path / "runs", "one", epochs=1, hidden=(8,))
    assert not (tmp_path / "runs").exists()


def test_the_teacher_sets_limits_for_all_and_nobody_else_does(tmp_path):
    act_as(ANA)
    with pytest.raises(RunError, match="only the teacher"):
        set_classroom(tmp_path, limits={"epochs": 5})
    act_as(TEACHER)
    set_classroom(tmp_path, limits={"epochs": 5}, hidden=("train",))
    assert limits(classroom(tmp_path).limits)["epochs"] == 5
    act_as(ANA)
    config = create_run(tmp_path, "short", epochs=5, hidden=(8,)).config
    with pytest.raises(LimitError):
        create_run(tmp_path, "long", epochs=6, hidden=(8,))
    assert config.train.epochs == 5
    act_as(TEACHER)
    set_classroom(tmp_path, limits={}, hidden=())
    assert not (tmp_path / CLASS_FILE).exists()


@pytest.mark.parametrize("text", [b"", b"[1]", b'{"limits": {"epochs": "x"}}', b"\xff" * 99])
def test_a_damaged_class_file_sets_nothing(tmp_path, text):
    (tmp_path / CLASS_FILE).write_bytes(text)
    assert classroom(tmp_path).limits == {}


def test_guessing_the_key_takes_its_time():
    tries = Tries()
    assert tries.is_right("correct horse", "correct horse")
    assert not any(tries.is_right(f"guess {n}", "correct horse") for n in range(10))
    assert not tries.is_right("correct horse", "correct horse")  # until a minute has passed
    assert not Tries().is_right("", "")
    assert not Tries().is_right("short", "short")


def pictures(count: int) -> io.BytesIO:
    """A zip of small pictures."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for k in range(count):
            picture = io.BytesIO()
            Image.new("L", (28, 28), k).save(picture, "PNG")
            archive.writestr(f"{k}.png", picture.getvalue())
    content.seek(0)
    return content


def test_uploads_are_bounded_in_all_and_one_at_a_time_a_person(tmp_path):
    act_as(ANA)
    allowed = limits({"uploads": 1})
    with pytest.raises(LimitError, match="Uploaded images in all, MB: at most 1 here"):
        intake.add(pictures(100), "big", 64, "rgb", root=tmp_path, source_name="z", allowed=allowed)
    assert folder.listing(tmp_path) == []
    intake.add(pictures(40), "small", 28, root=tmp_path, source_name="z", allowed=allowed)
    with folder.one_at_a_time(tmp_path):
        with pytest.raises(DataError, match="another data set of yours is being added"):
            intake.add(pictures(40), "next", 28, root=tmp_path, source_name="z")
        act_as(BEN)
        intake.add(pictures(40), "his", 28, root=tmp_path, source_name="z")
    act_as(TEACHER)
    intake.add(pictures(100), "big", 64, "rgb", root=tmp_path, source_name="z", allowed=allowed)
    found = sorted((tmp_path / "folders").iterdir())
    assert [path.name for path in found] == ["big", "his", "small"]
