"""The only Streamlit code of the package: loaders, session state, widgets, browser components."""
