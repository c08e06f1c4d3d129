"""Runs on disk, and the work on them behind the pages."""

from vae.runs.changes import building as building
from vae.runs.changes import claim as claim
from vae.runs.changes import create as create
from vae.runs.changes import delete as delete
from vae.runs.changes import library_versions as library_versions
from vae.runs.changes import queue_lock as queue_lock
from vae.runs.changes import rename as rename
from vae.runs.files import CLASSIFIERS_FOLDER as CLASSIFIERS_FOLDER
from vae.runs.files import CODES_FILE as CODES_FILE
from vae.runs.files import EVALUATION_FILE as EVALUATION_FILE
from vae.runs.files import LOCK_FILE as LOCK_FILE
from vae.runs.files import LOG_FILE as LOG_FILE
from vae.runs.files import METRICS_FILE as METRICS_FILE
from vae.runs.files import PICTURES_FILE as PICTURES_FILE
from vae.runs.files import STATUS_FILE as STATUS_FILE
from vae.runs.files import STOP_FILE as STOP_FILE
from vae.runs.files import STUDIES_FOLDER as STUDIES_FOLDER
from vae.runs.files import State as State
from vae.runs.files import Status as Status
from vae.runs.live import LIVE_FILE as LIVE_FILE
from vae.runs.live import Live as Live
from vae.runs.store import DEFAULT_ROOT as DEFAULT_ROOT
from vae.runs.store import Run as Run
from vae.runs.store import list_runs as list_runs
from vae.runs.store import open_run as open_run
