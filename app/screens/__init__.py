"""The pages, one folder each. Not called "pages": Streamlit would serve each file beside `main.py` around the guard."""
