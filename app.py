"""The one door: ``streamlit run app.py`` is the gallery in the browser, ``python app.py`` the Gradio app (Space, API)."""

import streamlit.runtime

if streamlit.runtime.exists():
    from gallery import streamlit_ui

    streamlit_ui.main()
elif __name__ == "__main__":
    from gallery import gradio_ui

    gradio_ui.main()
