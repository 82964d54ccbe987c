"""The running model, measured files and scoring queue as pages see them; the only place with Streamlit’s caches."""
