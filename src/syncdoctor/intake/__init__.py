"""What people paste, made into exchanges."""
