"""What people read: text, CSV and JSON, Excel. Computes nothing of its own."""
