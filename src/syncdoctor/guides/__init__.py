"""What each product tells its customers."""
