"""A model as data: the operations and weights that the browser runs, packed into bytes."""

from vae.latent.export.codebook import CodebookHeader, codebook_payload
from vae.latent.export.network import Op, decoder_ops, encoder_ops
from vae.latent.export.packing import Arrays, pack, unpack
from vae.latent.export.pixels import PixelModel, pixel_model
from vae.latent.export.run import (
    MAX_CODE_VALUES,
    MAX_CODES,
    DimInfo,
    RunHeader,
    run_payload,
    sent_codes,
)
from vae.latent.export.to_onnx import decoder_onnx, encoder_onnx

__all__ = [
    "MAX_CODES",
    "MAX_CODE_VALUES",
    "Arrays",
    "CodebookHeader",
    "DimInfo",
    "Op",
    "PixelModel",
    "RunHeader",
    "codebook_payload",
    "decoder_onnx",
    "decoder_ops",
    "encoder_onnx",
    "encoder_ops",
    "pack",
    "pixel_model",
    "run_payload",
    "sent_codes",
    "unpack",
]
