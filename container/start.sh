#!/bin/sh
# The container's process: one of the gallery's two doors, named by the first argument.
set -eu
case "${1:-streamlit}" in
    streamlit) exec streamlit run app.py ;;
    gradio) exec python app.py ;;
    *) echo "door = $1: must be streamlit or gradio" >&2; exit 2 ;;
esac
