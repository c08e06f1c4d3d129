"""Taking a model away on its page, and taking one in on the page of all models."""

import io
import zipfile

import onnxruntime
from driver import open_page, press, rerun, words

from vae.runs import Run, Status, list_runs


def test_what_a_model_gives_out_on_its_page(own_run, offered):
    app = open_page("models", run="small-2d", part="exports")
    assert set(offered) == {"small-2d.zip", "small-2d-onnx.zip", "small-2d-metrics.csv"}
    with zipfile.ZipFile(io.BytesIO(offered["small-2d.zip"]())) as zipped:
        assert "small-2d/model.safetensors" in zipped.namelist()
    with zipfile.ZipFile(io.BytesIO(offered["small-2d-onnx.zip"]())) as zipped:
        onnxruntime.InferenceSession(zipped.read("small-2d-onnx/decoder.onnx"))
    head, *lines = offered["small-2d-metrics.csv"]().decode().splitlines()
    assert head.startswith("epoch,step,seconds,train_loss,")
    last = Run(own_run).epochs()[-1]
    assert [line.split(",") for line in lines][-1][7] == str(last["test"]["loss"])
    assert app.code[0].value == (
        "python -m vae train --hidden 16 --dataset digits --epochs 1 --device cpu"
    )


def test_a_model_that_trains_gives_out_its_command_alone(own_run, offered):
    Run(own_run).write_status(Status(state="queued", queued_at=1.0))
    app = open_page("models", run="small-2d", part="exports")
    assert "still training" in words(app)
    assert not offered
    assert app.code


def test_a_vq_vae_is_no_onnx(without_data, offered):
    app = open_page("models", run="mnist-vqvae", part="exports")
    assert set(offered) == {"mnist-vqvae.zip", "mnist-vqvae-metrics.csv"}
    assert "Its codes are discrete" in words(app)


def test_a_zip_is_taken_in(own_run, offered):
    open_page("models", run="small-2d", part="exports")
    content = offered["small-2d.zip"]()
    app = open_page("models")
    app.file_uploader[0].upload("it.zip", content[:-40], "application/zip")
    press(rerun(app), "Take it in")
    assert "it.zip is no whole zip file" in words(app)
    app.file_uploader[0].upload("![x](y).zip", b"PK", "application/zip")
    press(rerun(app), "Take it in")
    assert app.error[0].value.startswith(r"\!\[x\](y).zip is no whole zip")
    app.file_uploader[0].upload("it.zip", content, "application/zip")
    press(rerun(app), "Take it in")
    assert app.query_params["run"] in ("small-2d-2", ["small-2d-2"])
    assert {run.name for run in list_runs(own_run.parent)} == {"small-2d", "small-2d-2"}
