"""Who may change what: people, what is theirs, the teacher, and the limits of a class."""

from vae.people.limits import limits as limits
from vae.people.owners import OWNER_FILE as OWNER_FILE
from vae.people.owners import note_owner as note_owner
from vae.people.owners import owner_of as owner_of
from vae.people.owners import refuse_others as refuse_others
from vae.people.person import MACHINE as MACHINE
from vae.people.person import Person as Person
from vae.people.person import acting as acting
from vae.people.person import ask_who as ask_who
