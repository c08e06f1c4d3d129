"""The app: page settings and navigation, nothing else. Start it with ``streamlit run``."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from vae.locale import _
from vae.ui.shared.component import stop_unless_installed
from vae.ui.shared.language import begin_language
from vae.ui.shared.routes import ROUTES
from vae.ui.shared.warming import warmed


def begin() -> StreamlitPage:
    # Import torch, for which a server that starts does not wait.
    from vae.ui.shared.navigation import navigation
    from vae.ui.shared.people import begin_person
    from vae.ui.shared.shell import warm_up

    begin_language()
    begin_person()
    st.set_page_config(page_title=_("Latent-space explorer"), page_icon="🧭", layout="wide")
    stop_unless_installed()
    warm_up()
    return navigation()


def end(page: StreamlitPage) -> None:
    from vae.ui.shared.following import end_page
    from vae.ui.shared.toolbar import toolbar

    toolbar()
    end_page(page.url_path or "home")


if __name__ == "__main__":  # for a session
    shown = begin()
    shown.run()
    end(shown)
elif __name__ == "navigation":  # for a page that has begun without it
    begin()
else:  # for `streamlit run`, which finds and serves it
    app = st.App(__file__, lifespan=warmed, routes=ROUTES)
