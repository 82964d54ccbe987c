"""Files and ZIP archives, of one user or many, taken safely into memory."""
