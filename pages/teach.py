"""Class: the teacher's page."""

from vae.ui.shared.shell import begin_page
from vae.ui.teach.view import page

begin_page()
page()
