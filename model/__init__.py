"""The trained CNN and all that is needed to use it; imports neither `app` nor `training`."""
