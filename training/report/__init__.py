"""The technical report, as PDF and HTML, from the files beside the weights: no data set, no Keras, no clock."""
