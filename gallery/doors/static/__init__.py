"""The gallery as a static site: every tab tabulated, read by a browser without a server."""
