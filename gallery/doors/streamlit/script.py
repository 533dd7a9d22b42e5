"""The script that Streamlit runs for every visitor, over and over.

It stands here and not beside app.py because Streamlit takes a folder ``pages`` next to its script for pages of the old
kind, and then greets a deep link that is opened first with «page not found» (seen with 1.67).
"""

from gallery.doors.streamlit.app import main

main()
