"""What two or more pages draw. Nothing here calls the model, opens a file of the artifact or knows a service."""
