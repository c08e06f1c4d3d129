"""The Compare page's controls."""

from vae.ui.shared.controls import Controls

controls = Controls("compare")
