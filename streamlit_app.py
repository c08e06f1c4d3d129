"""The app: page settings and navigation, nothing else. Start it with ``streamlit run``."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from vae.ui.shared.component import stop_unless_installed
from vae.ui.shared.language import begin_language
from vae.ui.shared.warming import warmed


def page(name: str, icon: str) -> StreamlitPage:
    return st.Page(f"pages/{name}.py", title=name.capitalize(), icon=icon, url_path=name)


def navigation() -> StreamlitPage:
    # Imports torch, for which a server that starts does not wait.
    from vae.ui.shared.shell import warm_up

    st.set_page_config(page_title="Latent-space explorer", page_icon="🧭", layout="wide")
    begin_language()
    stop_unless_installed()
    warm_up()
    return st.navigation(
        [
            st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
            page("train", ":material/model_training:"),
            page("explore", ":material/explore:"),
            page("generate", ":material/auto_awesome:"),
            page("draw", ":material/draw:"),
            page("reconstructions", ":material/flip:"),
            page("embeddings", ":material/scatter_plot:"),
            page("compare", ":material/compare:"),
            page("studies", ":material/science:"),
            page("evaluate", ":material/straighten:"),
            # What does not fit beside the others is under "more": the most special comes last.
            page("grow", ":material/account_tree:"),
            page("denoise", ":material/blur_off:"),
            page("detect", ":material/troubleshoot:"),
        ],
        position="top",
    )


if __name__ == "__main__":  # for a session
    navigation().run()
elif __name__ == "navigation":  # for a page that has begun without it
    navigation()
else:  # for `streamlit run`, which finds and serves it
    app = st.App(__file__, lifespan=warmed)
