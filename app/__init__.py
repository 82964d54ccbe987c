"""Everything that faces a person: the Streamlit pages, their components and services."""
