"""The trained CNN and everything needed to use it; imports neither `app` nor `training`."""
