"""The app: page settings and navigation, nothing else. Start it with ``streamlit run``."""

import streamlit as st

from vae.ui.shell import warm_up

st.set_page_config(page_title="Latent-space explorer", page_icon="🧭", layout="wide")
warm_up()
st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/explore.py", title="Explore", icon=":material/explore:", url_path="explore"),
        st.Page("pages/draw.py", title="Draw", icon=":material/draw:", url_path="draw"),
        st.Page(
            "pages/train.py", title="Train", icon=":material/model_training:", url_path="train"
        ),
        st.Page(
            "pages/reconstructions.py",
            title="Reconstructions",
            icon=":material/compare:",
            url_path="reconstructions",
        ),
        st.Page(
            "pages/embeddings.py",
            title="Embeddings",
            icon=":material/scatter_plot:",
            url_path="embeddings",
        ),
    ],
    position="top",
).run()
