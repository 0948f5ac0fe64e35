"""What results say beyond the ranking: tables per variation."""
