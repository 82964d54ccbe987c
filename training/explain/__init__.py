"""How far a saliency map can be trusted, measured: faithfulness, sanity, repeatability, place."""
