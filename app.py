"""The one door: ``streamlit run app.py`` is the gallery in the browser, ``python app.py`` the Gradio app (Space, API)."""

from pathlib import Path

import streamlit as st

from gallery.doors.streamlit.server import middleware

# Streamlit finds this object by name. Its script stands in gallery/doors/streamlit/: see there why.
app = st.App(Path(__file__).parent / "gallery" / "doors" / "streamlit" / "script.py", middleware=middleware())

if __name__ == "__main__":
    from gallery.doors.gradio.app import main

    main()
